/// Appends to a byte array in network byte order.
@usableFromInline package struct ByteWriter: Sendable {
    /// What has been written so far.
    @usableFromInline package private(set) var bytes: [UInt8]

    @usableFromInline package init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Octets written so far.
    package var count: Int { bytes.count }

    package mutating func put(_ value: UInt8) {
        bytes.append(value)
    }

    package mutating func put(_ value: UInt16) {
        put(octets: 2) { room in room.append(value) }
    }

    package mutating func put(_ value: UInt32) {
        put(octets: 4) { room in room.append(value) }
    }

    package mutating func put(_ value: UInt64) {
        put(octets: 8) { room in room.append(value) }
    }

    /// Appends what `body` writes, at most `count` octets: several values cost little more than one.
    package mutating func put(octets count: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
        bytes.append(addingCapacity: count, initializingWith: body)
    }

    package mutating func put(_ value: [UInt8]) {
        bytes.append(contentsOf: value)
    }

    package mutating func put(_ value: Span<UInt8>) {
        bytes.append(value)
    }

    /// Appends `count` zero octets.
    package mutating func putZeros(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: count))
    }

    /// Writes a 16-bit length, then what `body` writes, and fills in the length afterwards.
    ///
    /// The length counts its own two octets, what `body` wrote, and `overhead`.
    ///
    /// - Parameter overhead: octets before the length field that the length counts too: 2 for a generic payload
    ///   header, 0 if it counts from the length field on, -2 if it counts only what follows the length field.
    /// - Throws: `WireError.fieldOverflow` when the length does not fit, and whatever `body` throws.
    package mutating func putLengthPrefixed16(
        including overhead: Int = 0, _ body: (inout ByteWriter) throws(WireError) -> Void
    ) throws(WireError) {
        let start = beginLength16()
        try body(&self)
        try endLength16(start, including: overhead)
    }

    /// Leaves room for a 16-bit length, and says where.
    package mutating func beginLength16() -> Int {
        put(UInt16(0))
        return bytes.count - 2
    }

    /// Fills in the length that `beginLength16` left room for; see `putLengthPrefixed16` for what it counts.
    package mutating func endLength16(_ start: Int, including overhead: Int = 0) throws(WireError) {
        let length = bytes.count - start + overhead
        guard let value = UInt16(exactly: length) else {
            throw .fieldOverflow(value: length, maximum: Int(UInt16.max))
        }
        bytes[start] = UInt8(value >> 8)
        bytes[start + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Writes a 32-bit value over four octets already written, `offset` octets from the start.
    ///
    /// The range is the caller's own arithmetic, never a peer's.
    package mutating func replace(at offset: Int, with value: UInt32) {
        precondition(offset >= 0 && offset + 4 <= bytes.count, "patch outside what was written")
        for index in 0..<4 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index))
        }
    }
}

/// Writing in network byte order.
extension OutputSpan where Element == UInt8 {
    package mutating func append(_ octets: Span<UInt8>) {
        for index in octets.indices { append(octets[index]) }
    }

    package mutating func append(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    package mutating func append(_ value: UInt32) {
        append(UInt16(truncatingIfNeeded: value >> 16))
        append(UInt16(truncatingIfNeeded: value))
    }

    package mutating func append(_ value: UInt64) {
        append(UInt32(truncatingIfNeeded: value >> 32))
        append(UInt32(truncatingIfNeeded: value))
    }
}
