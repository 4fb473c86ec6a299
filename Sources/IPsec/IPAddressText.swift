/// Addresses as text: RFC 4291 section 2.2 in, RFC 5952 out.
enum IPAddressText {
    static func format(_ address: IPAddress) -> String {
        switch address.family {
        case .ipv4: formatIPv4(UInt32(truncatingIfNeeded: address.low))
        case .ipv6: formatIPv6(address)
        }
    }

    private static func formatIPv4(_ value: UInt32) -> String {
        var characters: [UInt8] = []
        characters.reserveCapacity(15)
        for shift in stride(from: 24, through: 0, by: -8) {
            if shift < 24 { characters.append(UInt8(ascii: ".")) }
            let part = UInt8(truncatingIfNeeded: value >> UInt32(shift))
            if part >= 100 { characters.append(UInt8(ascii: "0") + part / 100) }
            if part >= 10 { characters.append(UInt8(ascii: "0") + part / 10 % 10) }
            characters.append(UInt8(ascii: "0") + part % 10)
        }
        return String(decoding: characters, as: UTF8.self)
    }

    static func parse(_ characters: ArraySlice<UInt8>) -> IPAddress? {
        characters.contains(UInt8(ascii: ":")) ? parseIPv6(characters) : parseIPv4(characters)
    }

    private static func parseIPv4(_ characters: ArraySlice<UInt8>) -> IPAddress? {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var points = 0
        for character in characters {
            if character == UInt8(ascii: ".") {
                guard digits > 0, points < 3 else { return nil }
                value = value << 8 | part
                (part, digits, points) = (0, 0, points + 1)
            } else {
                guard (0x30...0x39).contains(character), digits == 0 || part != 0 else { return nil }
                part = part * 10 + UInt32(character - 0x30)
                digits += 1
                guard part <= 255 else { return nil }
            }
        }
        guard points == 3, digits > 0 else { return nil }
        return IPAddress(family: .ipv4, value: UInt128(value << 8 | part))
    }

    private static func parseIPv6(_ characters: ArraySlice<UInt8>) -> IPAddress? {
        var groups = IPv6Groups()
        var rest = characters
        if rest.starts(with: [UInt8(ascii: ":"), UInt8(ascii: ":")]) {
            groups.gap = 0
            rest = rest.dropFirst(2)
        }
        while let (value, count) = group(at: rest) {
            rest = rest.dropFirst(count)
            if rest.first == UInt8(ascii: ".") {
                guard let tail = parseIPv4(characters[(rest.startIndex - count)...]) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: tail.value >> 16))
                groups.append(UInt16(truncatingIfNeeded: tail.value))
                return groups.address
            }
            guard groups.append(value) else { return nil }
            guard rest.first == UInt8(ascii: ":") else { break }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: ":") {
                guard groups.gap == nil else { return nil }
                groups.gap = groups.count
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        return rest.isEmpty ? groups.address : nil
    }

    /// One to four hexadecimal digits: their value, and how many there are.
    private static func group(at characters: ArraySlice<UInt8>) -> (value: UInt16, count: Int)? {
        var value: UInt16 = 0
        var count = 0
        for character in characters {
            guard let digit = hexadecimalValue(character) else { break }
            guard count < 4 else { return nil }
            value = value << 4 | digit
            count += 1
        }
        return count == 0 ? nil : (value, count)
    }

    private static func hexadecimalValue(_ character: UInt8) -> UInt16? {
        switch character {
        case 0x30...0x39: UInt16(character - 0x30)
        case 0x41...0x46: UInt16(character - 0x41 + 10)
        case 0x61...0x66: UInt16(character - 0x61 + 10)
        default: nil
        }
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

/// The groups of an IPv6 address as they are read, and where `::` stands.
private struct IPv6Groups {
    private var value: UInt128 = 0
    private(set) var count = 0
    /// Groups in front of `::`; nil where there is none.
    var gap: Int?

    /// False if there are too many.
    @discardableResult
    mutating func append(_ group: UInt16) -> Bool {
        value = value << 16 | UInt128(group)
        count += 1
        return count <= 8
    }

    /// nil unless there are eight, or fewer with a gap.
    var address: IPAddress? {
        guard let gap else { return count == 8 ? IPAddress(family: .ipv6, value: value) : nil }
        guard count < 8 else { return nil }
        let tailBits = 16 * (count - gap)
        let head = (value >> tailBits) << (16 * (8 - gap))
        let tail = value & ((UInt128(1) << tailBits) - 1)
        return IPAddress(family: .ipv6, value: head | tail)
    }
}
