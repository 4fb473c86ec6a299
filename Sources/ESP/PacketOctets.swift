internal import IPsec

// Offsets given to these come from headers whose bounds have been checked: an offset outside the span traps.
extension Span where Element == UInt8 {
    func uint16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }

    func uint32(at offset: Int) -> UInt32 {
        UInt32(uint16(at: offset)) << 16 | UInt32(uint16(at: offset + 2))
    }

    func address(_ family: AddressFamily, at offset: Int) -> IPAddress {
        guard family == .ipv6 else { return IPAddress(family: .ipv4, value: UInt128(uint32(at: offset))) }
        var value: UInt128 = 0
        for word in 0..<4 { value = value << 32 | UInt128(uint32(at: offset + 4 * word)) }
        return IPAddress(family: .ipv6, value: value)
    }

    /// The one's complement sum of 16-bit words, not complemented; an odd last octet counts as high.
    func onesSum(_ range: Range<Int>, start: UInt32 = 0) -> UInt32 {
        var sum = UInt64(start)
        var offset = range.lowerBound
        while offset + 1 < range.upperBound {
            sum &+= UInt64(uint16(at: offset))
            offset += 2
        }
        if offset < range.upperBound { sum &+= UInt64(self[offset]) << 8 }
        while sum > 0xffff { sum = (sum & 0xffff) &+ (sum >> 16) }
        return UInt32(truncatingIfNeeded: sum)
    }
}

extension MutableSpan where Element == UInt8 {
    mutating func put(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    mutating func put(_ value: UInt32, at offset: Int) {
        put(UInt16(truncatingIfNeeded: value >> 16), at: offset)
        put(UInt16(truncatingIfNeeded: value), at: offset + 2)
    }

    mutating func put(_ address: IPAddress, at offset: Int) {
        guard address.family == .ipv6 else {
            put(UInt32(truncatingIfNeeded: address.value), at: offset)
            return
        }
        for word in 0..<4 {
            put(UInt32(truncatingIfNeeded: address.value >> UInt128(96 - 32 * word)), at: offset + 4 * word)
        }
    }

    /// Moves octets to where they may overlap what they were.
    mutating func move(_ range: Range<Int>, to target: Int) {
        if target < range.lowerBound {
            for step in 0..<range.count { self[target + step] = self[range.lowerBound + step] }
        } else if target > range.lowerBound {
            for step in (0..<range.count).reversed() { self[target + step] = self[range.lowerBound + step] }
        }
    }

    /// Computes the header checksum of an IPv4 header anew.
    mutating func putIPv4Checksum(_ header: Range<Int>) {
        put(UInt16(0), at: header.lowerBound + 10)
        let sum = span.onesSum(header)
        put(~UInt16(truncatingIfNeeded: sum), at: header.lowerBound + 10)
    }
}
