/// Addresses as text: RFC 4291 section 2.2 in, RFC 5952 out.
enum IPAddressText {
    static func format(_ address: IPAddress) -> String {
        switch address.family {
        case .ipv4: address.bytes.map(String.init).joined(separator: ".")
        case .ipv6: formatIPv6(address)
        }
    }

    static func parse(_ text: some StringProtocol) -> IPAddress? {
        text.utf8.contains(UInt8(ascii: ":")) ? parseIPv6(text) : parseIPv4(text)
    }

    private static func parseIPv4(_ text: some StringProtocol) -> IPAddress? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt128 = 0
        for part in parts {
            guard let octet = decimalOctet(part) else { return nil }
            value = value << 8 | UInt128(octet)
        }
        return IPAddress(family: .ipv4, value: value)
    }

    private static func decimalOctet(_ text: some StringProtocol) -> UInt8? {
        let digits = text.utf8
        guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        guard digits.count == 1 || digits.first != 0x30 else { return nil }
        return UInt8(String(text))
    }

    private static func parseIPv6(_ text: some StringProtocol) -> IPAddress? {
        let text = String(text)
        guard let gap = firstRange(ofDoubleColonIn: text) else {
            guard let groups = groups(in: text[...], isEnd: true), groups.count == 8 else { return nil }
            return address(groups)
        }
        let head = text[..<gap.lowerBound]
        let tail = text[gap.upperBound...]
        guard let front = groups(in: head, isEnd: false), let back = groups(in: tail, isEnd: true),
            front.count + back.count < 8
        else {
            return nil
        }
        let zeros = Array(repeating: UInt16(0), count: 8 - front.count - back.count)
        return address(front + zeros + back)
    }

    private static func firstRange(ofDoubleColonIn text: String) -> Range<String.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == ":", next < text.endIndex, text[next] == ":" {
                return index..<text.index(after: next)
            }
            index = next
        }
        return nil
    }

    /// The 16-bit groups of a colon-separated run; the last part of the whole may be an IPv4 address.
    private static func groups(in text: Substring, isEnd: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (position, part) in parts.enumerated() {
            if isEnd, position == parts.count - 1, part.utf8.contains(UInt8(ascii: ".")) {
                guard let embedded = parseIPv4(part) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: embedded.value >> 16))
                groups.append(UInt16(truncatingIfNeeded: embedded.value))
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexadecimal),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func address(_ groups: [UInt16]) -> IPAddress {
        IPAddress(family: .ipv6, value: groups.reduce(0) { $0 << 16 | UInt128($1) })
    }

    private static func formatIPv6(_ address: IPAddress) -> String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: address.value >> UInt128(112 - 16 * $0)) }
        if address.value >> 32 == 0xffff {
            return "::ffff:" + format(IPAddress(family: .ipv4, value: address.value))
        }
        guard let run = longestZeroRun(groups) else {
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        let front = groups[..<run.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
        let back = groups[run.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
        return front + "::" + back
    }

    /// The first longest run of at least two zero groups (RFC 5952 section 4.2).
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start >= 2, end - start > (best?.count ?? 0) { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }
}
