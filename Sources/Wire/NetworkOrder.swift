/// Numbers as octets in network byte order.
extension FixedWidthInteger {
    package var octets: [UInt8] {
        stride(from: bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> $0) }
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// Nil where the octets are not as many as the number has.
    package init?(octets: [UInt8]) {
        guard octets.count == Self.bitWidth / 8 else { return nil }
        self = octets.reduce(0) { $0 << 8 | Self($1) }
    }
}
