import SourceText

/// The upper-layer protocols that have a word.
enum UpperProtocol {
    static let numbers: [String: UInt8] = [
        "any": 0, "icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "icmp6": 58, "ipcomp": 108,
    ]
    static let udp: UInt8 = 17

    /// Whether packets of the protocol have ports.
    static func hasPorts(_ number: UInt8) -> Bool { [6, 17, 33, 132, 136].contains(number) }

    static func isICMP(_ number: UInt8) -> Bool { number == 1 || number == 58 }

    /// The word for a number, or the number.
    static func word(for number: UInt8) -> String {
        numbers.first { $0.value == number }?.key ?? String(number)
    }
}

extension Arguments {
    /// Takes a protocol by word or number; 0 is any.
    mutating func takeUpperProtocol() throws(Diagnostic) -> UInt8 {
        let what =
            "an upper protocol: 'any', 'tcp', 'udp', 'icmp', 'icmp6', 'gre', 'esp', 'ah', 'ipcomp' or a number"
        guard let next, next.kind == .word else { throw expected(what) }
        if Self.isDecimal(next.text) {
            return UInt8(truncatingIfNeeded: try takeNumber(0...255, "upper protocol"))
        }
        guard let number = UpperProtocol.numbers[next.text] else {
            throw next.location.error(
                "expected \(what), found \(next.shown)"
                    + Suggestion.hint(for: next.text, among: UpperProtocol.numbers.keys))
        }
        advance()
        return number
    }

    /// Whether a protocol, and not the end or another part of the statement, comes next.
    var isAtUpperProtocol: Bool {
        guard let next, next.kind == .word else { return false }
        return UpperProtocol.numbers[next.text] != nil || Self.isDecimal(next.text)
    }
}
