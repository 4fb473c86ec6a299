internal import IPsec

// Offsets given to these come from headers whose bounds have been checked: an offset outside the span traps.
extension Span where Element == UInt8 {
    // One check for all octets of a number lets the compiler read them at once.
    @inline(always)
    func uint16(at offset: Int) -> UInt16 {
        precondition(offset >= 0 && offset <= count &- 2)
        return UInt16(self[offset]) << 8 | UInt16(self[offset &+ 1])
    }

    @inline(always)
    func uint32(at offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset <= count &- 4)
        let high = UInt32(self[offset]) << 24 | UInt32(self[offset &+ 1]) << 16
        return high | UInt32(self[offset &+ 2]) << 8 | UInt32(self[offset &+ 3])
    }

    @inline(always)
    func uint64(at offset: Int) -> UInt64 {
        UInt64(uint32(at: offset)) << 32 | UInt64(uint32(at: offset + 4))
    }

    @inline(always)
    func address(_ family: AddressFamily, at offset: Int) -> IPAddress {
        switch family {
        case .ipv4: IPAddress(family: .ipv4, value: UInt128(uint32(at: offset)))
        case .ipv6:
            IPAddress(
                family: .ipv6, value: UInt128(uint64(at: offset)) << 64 | UInt128(uint64(at: offset + 8)))
        }
    }

    /// The one's complement sum of 16-bit words, not complemented; an odd last octet counts as high.
    func onesSum(_ range: Range<Int>, start: UInt32 = 0) -> UInt32 {
        var sum = UInt64(start)
        var offset = range.lowerBound
        while offset + 3 < range.upperBound {
            sum &+= UInt64(uint32(at: offset))
            offset += 4
        }
        if offset + 1 < range.upperBound {
            sum &+= UInt64(uint16(at: offset))
            offset += 2
        }
        if offset < range.upperBound { sum &+= UInt64(self[offset]) << 8 }
        while sum > 0xffff { sum = (sum & 0xffff) &+ (sum >> 16) }
        return UInt32(truncatingIfNeeded: sum)
    }
}

extension MutableSpan where Element == UInt8 {
    @inline(always)
    mutating func put(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset <= count &- 2)
        self[offset] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset &+ 1] = UInt8(truncatingIfNeeded: value)
    }

    @inline(always)
    mutating func put(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset <= count &- 4)
        self[offset] = UInt8(truncatingIfNeeded: value >> 24)
        self[offset &+ 1] = UInt8(truncatingIfNeeded: value >> 16)
        self[offset &+ 2] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset &+ 3] = UInt8(truncatingIfNeeded: value)
    }

    @inline(always)
    mutating func put(_ address: IPAddress, at offset: Int) {
        switch address.family {
        case .ipv4: put(UInt32(truncatingIfNeeded: address.value), at: offset)
        case .ipv6:
            for word in 0..<4 {
                put(
                    UInt32(truncatingIfNeeded: address.value >> UInt128(96 - 32 * word)),
                    at: offset + 4 * word)
            }
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
