import SourceText

/// Upper-layer protocols by the names of /etc/protocols and setkey's own.
enum UpperProtocol {
    static let numbers: [String: UInt8] = [
        "any": 0, "icmp": 1, "igmp": 2, "ip4": 4, "ipencap": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33,
        "ipv6": 41, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "icmp6": 58, "ipv6-icmp": 58, "ospf": 89,
        "ipip": 94, "pim": 103, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "sctp": 132, "mh": 135,
        "mobility-header": 135, "udplite": 136,
    ]
    static let gre: UInt8 = 47

    /// Protocols whose packets a type and code, or a key, can tell apart (setkey's MISC).
    static func hasType(_ number: UInt8) -> Bool { [1, 58, 135].contains(number) }
}

extension TokenStream {
    /// Takes a protocol by name or number; 0 is any, and so is setkey's 255.
    mutating func takeUpperProtocol() throws(Diagnostic) -> UInt8 {
        let what = "an upper protocol such as 'any', 'tcp', 'icmp6' or a number"
        let token = try takeWord(what)
        if let number = Self.number(token.text) {
            guard (0...255).contains(number) else {
                throw token.location.error("an upper protocol is a number of 0 to 255, found \(number)")
            }
            return number == 255 ? 0 : UInt8(truncatingIfNeeded: number)
        }
        guard let number = UpperProtocol.numbers[token.text] else {
            throw token.location.error(
                "expected \(what), found \(token.shown)"
                    + Suggestion.hint(for: token.text, among: UpperProtocol.numbers.keys))
        }
        return number
    }

    /// Takes `type,code`, a type alone, or a GRE key as a number or dotted quad: the selector's two ports.
    mutating func takeMisc(
        for upperProtocol: UInt8
    ) throws(Diagnostic) -> (source: UInt16, destination: UInt16)? {
        guard let token = try peek(), token.kind == .word, !token.text.hasPrefix("-") else { return nil }
        if UpperProtocol.hasType(upperProtocol) {
            _ = try take()
            return try Self.typeAndCode(token)
        }
        if upperProtocol == UpperProtocol.gre {
            _ = try take()
            return try Self.greKey(token)
        }
        throw token.location.error(
            "expected '-P', found \(token.shown); only icmp, icmp6, mh and gre have a type or key here")
    }

    private static func typeAndCode(_ token: Token) throws(Diagnostic) -> (UInt16, UInt16) {
        let parts = token.text.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { number(String($0)) }
        guard (1...2).contains(parts.count), numbers.count == parts.count,
            numbers.allSatisfy({ (0...255).contains($0) })
        else { throw token.location.error("expected 'type,code', numbers of 0 to 255, found \(token.shown)") }
        return (
            UInt16(truncatingIfNeeded: numbers[0]),
            UInt16(truncatingIfNeeded: numbers.count == 2 ? numbers[1] : 0)
        )
    }

    private static func greKey(_ token: Token) throws(Diagnostic) -> (UInt16, UInt16) {
        let key = number(token.text) ?? dottedQuad(token.text)
        guard let key, let value = UInt32(exactly: key) else {
            throw token.location.error("expected a GRE key, a number or a dotted quad, found \(token.shown)")
        }
        return (UInt16(truncatingIfNeeded: value >> 16), UInt16(truncatingIfNeeded: value))
    }

    private static func dottedQuad(_ text: String) -> Int? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        return parts.reduce(0) { sum, part in sum.flatMap { sum in part.map { sum << 8 | Int($0) } } }
    }
}
