/// Numbers as octets in network byte order.
extension FixedWidthInteger {
    @inlinable package var octets: [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(bitWidth / 8)
        for shift in stride(from: bitWidth - 8, through: 0, by: -8) {
            octets.append(UInt8(truncatingIfNeeded: self >> shift))
        }
        return octets
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// Nil where the octets are not as many as the number has.
    @inlinable package init?(octets: [UInt8]) {
        guard octets.count == Self.bitWidth / 8 else { return nil }
        self = octets.reduce(0) { $0 << 8 | Self($1) }
    }
}
