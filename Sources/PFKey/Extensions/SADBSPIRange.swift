import Wire

/// From where the SPI of a larval SA is taken (`struct sadb_spirange`); both ends belong to it.
package struct SADBSPIRange: Hashable, Sendable {
    package var minimum: UInt32
    package var maximum: UInt32

    package init(_ range: ClosedRange<UInt32>) {
        minimum = range.lowerBound
        maximum = range.upperBound
    }

    init(_ body: inout Span<UInt8>) throws(WireError) {
        minimum = try body.takeHostUInt32()
        maximum = try body.takeHostUInt32()
        try body.skip(4)
    }

    func put(into writer: inout ByteWriter) {
        writer.put(host: minimum)
        writer.put(host: maximum)
        writer.putZeros(4)
    }
}

/// A security label (`struct sadb_x_sec_ctx`).
package struct SADBSecurityContext: Hashable, Sendable {
    package var algorithm: UInt8
    package var domain: UInt8
    /// The label's octets, the zero octet at its end included.
    package var label: [UInt8]

    package init(algorithm: UInt8, domain: UInt8, label: [UInt8]) {
        self.algorithm = algorithm
        self.domain = domain
        self.label = label
    }

    init(_ body: inout Span<UInt8>) throws {
        algorithm = try body.takeUInt8()
        domain = try body.takeUInt8()
        label = try body.takeBytes(Int(try body.takeHostUInt16()))
        guard label.count <= Self.limit else {
            throw SADBError.malformed(.securityContext, "has a label of \(label.count) octets")
        }
        try body.skipPadding()
    }

    /// Octets that a label may have: a page.
    private static let limit = 4096

    func put(into writer: inout ByteWriter) {
        writer.put(algorithm)
        writer.put(domain)
        writer.put(host: UInt16(truncatingIfNeeded: label.count))
        writer.put(label)
    }
}
