internal import Wire

/// Which octet of a number comes first in a capture file: each file has its writer's order.
package enum ByteOrder: Hashable, Sendable, CaseIterable {
    /// The least significant octet comes first.
    case little
    /// The most significant octet comes first.
    case big
}

extension Span where Element == UInt8 {
    /// Takes two octets.
    mutating func takeUInt16(_ order: ByteOrder) throws(WireError) -> UInt16 {
        let value = try takeUInt16()
        return order == .big ? value : value.byteSwapped
    }

    /// Takes four octets.
    mutating func takeUInt32(_ order: ByteOrder) throws(WireError) -> UInt32 {
        let value = try takeUInt32()
        return order == .big ? value : value.byteSwapped
    }

    /// Takes eight octets.
    mutating func takeUInt64(_ order: ByteOrder) throws(WireError) -> UInt64 {
        let value = try takeUInt64()
        return order == .big ? value : value.byteSwapped
    }
}

extension ByteWriter {
    mutating func put(_ value: UInt16, _ order: ByteOrder) {
        put(order == .big ? value : value.byteSwapped)
    }

    mutating func put(_ value: UInt32, _ order: ByteOrder) {
        put(order == .big ? value : value.byteSwapped)
    }
}
