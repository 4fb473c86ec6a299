import Wire

/// Limits of an SA, or what it has used of them (`struct sadb_lifetime`, RFC 2367 section 2.3.2).
package struct SADBLifetime: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case current
        case hard
        case soft

        var type: SADBExtensionType {
            switch self {
            case .current: .lifetimeCurrent
            case .hard: .lifetimeHard
            case .soft: .lifetimeSoft
            }
        }
    }

    /// Packets, as Linux counts allocations; 0 for no limit.
    package var allocations: UInt32
    package var bytes: UInt64
    /// Seconds from when the SA was added; for the current lifetime, seconds since 1970.
    package var addTime: UInt64
    /// Seconds from the first use; for the current lifetime, seconds since 1970.
    package var useTime: UInt64

    package init(allocations: UInt32 = 0, bytes: UInt64 = 0, addTime: UInt64 = 0, useTime: UInt64 = 0) {
        self.allocations = allocations
        self.bytes = bytes
        self.addTime = addTime
        self.useTime = useTime
    }

    init(_ body: inout Span<UInt8>) throws(WireError) {
        allocations = try body.takeHostUInt32()
        bytes = try body.takeHostUInt64()
        addTime = try body.takeHostUInt64()
        useTime = try body.takeHostUInt64()
    }

    func put(into writer: inout ByteWriter) {
        writer.put(host: allocations)
        writer.put(host: bytes)
        writer.put(host: addTime)
        writer.put(host: useTime)
    }
}
