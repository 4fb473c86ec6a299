import SourceText

/// Numbers as setkey writes them: decimal, or hexadecimal behind `0x`.
enum Number {
    /// `0x` and the digits of 32 bits: what is longer may be a key.
    static let longest = 10

    /// The value, `UInt64.max` for anything beyond; nil if it is no number.
    static func parse(_ octets: ArraySlice<UInt8>) -> UInt64? {
        isHexadecimal(octets) ? value(octets.dropFirst(2), radix: 16) : value(octets, radix: 10)
    }

    static func parse(_ text: some StringProtocol) -> UInt64? { parse(Array(text.utf8)[...]) }

    /// Whether it begins with `0x`.
    static func isHexadecimal(_ octets: ArraySlice<UInt8>) -> Bool {
        octets.count > 2 && octets.first == UInt8(ascii: "0")
            && octets.dropFirst().first.map { $0 | 0x20 } == UInt8(ascii: "x")
    }

    private static func value(_ digits: ArraySlice<UInt8>, radix: UInt64) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for character in digits {
            guard let digit = digit(character), digit < radix else { return nil }
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: radix)
            let (sum, overflow) = product.addingReportingOverflow(digit)
            value = isTooLarge || overflow ? .max : sum
        }
        return value
    }

    static func digit(_ character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(character - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(character - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension TokenStream {
    /// The characters of 64 bits in decimal: a message repeats no longer number.
    private static let longestShown = 20

    /// Takes a number; `0x` begins a hexadecimal one.
    mutating func takeNumber(_ range: ClosedRange<UInt64>, _ what: String) throws(Diagnostic) -> UInt64 {
        let token = try takeWord(what)
        return try number(token, range, what)
    }

    mutating func takeUInt32(_ what: String) throws(Diagnostic) -> UInt32 {
        UInt32(truncatingIfNeeded: try takeNumber(0...UInt64(UInt32.max), what))
    }

    func number(_ token: Token, _ range: ClosedRange<UInt64>, _ what: String) throws(Diagnostic) -> UInt64 {
        guard let value = Number.parse(octets(token)) else {
            throw location(token).error("expected \(what), found \(shown(token))")
        }
        guard range.contains(value) else {
            let found = token.range.count > Self.longestShown ? shown(token) : text(token)
            throw location(token).error(
                "\(what) is \(found), expected \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
