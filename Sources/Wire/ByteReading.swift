/// Reading from the front of a byte span, in network byte order.
///
/// A `take…` call shortens the span by what it read; one that throws leaves the span as it was.
extension Span where Element == UInt8 {
    /// Takes one octet.
    package mutating func takeUInt8() throws(WireError) -> UInt8 {
        try require(1)
        let value = self[0]
        self = extracting(droppingFirst: 1)
        return value
    }

    /// Takes two octets, most significant first.
    package mutating func takeUInt16() throws(WireError) -> UInt16 {
        try require(2)
        let value = UInt16(self[0]) << 8 | UInt16(self[1])
        self = extracting(droppingFirst: 2)
        return value
    }

    /// Takes four octets, most significant first.
    package mutating func takeUInt32() throws(WireError) -> UInt32 {
        try require(4)
        let value = UInt32(self[0]) << 24 | UInt32(self[1]) << 16 | UInt32(self[2]) << 8 | UInt32(self[3])
        self = extracting(droppingFirst: 4)
        return value
    }

    /// Takes eight octets, most significant first.
    package mutating func takeUInt64() throws(WireError) -> UInt64 {
        try require(8)
        let high = try takeUInt32()
        let low = try takeUInt32()
        return UInt64(high) << 32 | UInt64(low)
    }

    /// Takes `length` octets as an array of their own.
    package mutating func takeBytes(_ length: Int) throws(WireError) -> [UInt8] {
        try require(length)
        let bytes = extracting(first: length).array
        self = extracting(droppingFirst: length)
        return bytes
    }

    /// Takes everything that is left.
    package mutating func takeRemainingBytes() -> [UInt8] {
        let bytes = array
        self = extracting(droppingFirst: count)
        return bytes
    }

    /// Skips `length` octets.
    package mutating func skip(_ length: Int) throws(WireError) {
        try require(length)
        self = extracting(droppingFirst: length)
    }

    /// A copy of the bytes.
    package var array: [UInt8] {
        var bytes: [UInt8] = []
        if !isEmpty { bytes.append(self) }
        return bytes
    }

    private func require(_ length: Int) throws(WireError) {
        guard length >= 0, count >= length else { throw .truncated(needed: length, available: count) }
    }
}

extension [UInt8] {
    /// Appends octets that lie elsewhere.
    package mutating func append(_ span: Span<UInt8>) {
        append(addingCapacity: span.count) { room in room.append(span) }
    }
}
