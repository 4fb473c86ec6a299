/// Reading in this host's byte order, as messages between the kernel and its programs are written.
extension Span where Element == UInt8 {
    /// Takes two octets in host byte order.
    package mutating func takeHostUInt16() throws(WireError) -> UInt16 {
        UInt16(bigEndian: try takeUInt16())
    }

    /// Takes four octets in host byte order.
    package mutating func takeHostUInt32() throws(WireError) -> UInt32 {
        UInt32(bigEndian: try takeUInt32())
    }

    /// Takes eight octets in host byte order.
    package mutating func takeHostUInt64() throws(WireError) -> UInt64 {
        UInt64(bigEndian: try takeUInt64())
    }
}

/// Appending in this host's byte order.
extension ByteWriter {
    package mutating func put(host value: UInt16) {
        put(value.bigEndian)
    }

    package mutating func put(host value: UInt32) {
        put(value.bigEndian)
    }

    package mutating func put(host value: UInt64) {
        put(value.bigEndian)
    }
}
