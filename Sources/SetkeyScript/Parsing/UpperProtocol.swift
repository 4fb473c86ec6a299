import IPsec
import SourceText

/// Upper-layer protocols by the names of /etc/protocols and setkey's own.
package enum UpperProtocol {
    /// The usual names; `any` is 0.
    package static let numbers: [String: UInt8] = [
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
    static let upperProtocolWanted = "an upper protocol such as 'any', 'tcp', 'icmp6' or a number"

    /// Takes a protocol by name or number, and the type and code or the key behind it.
    mutating func takeUpperLayer() throws(Diagnostic) -> UpperLayer {
        let token = try takeWord(Self.upperProtocolWanted)
        let form = try upperForm(token)
        return UpperLayer(form, detail: try takeDetail(of: form), at: location(token))
    }

    /// A number of 0 is any, and so is setkey's 255.
    private func upperForm(_ token: Token) throws(Diagnostic) -> UpperLayer.Form {
        if let number = Number.parse(octets(token)) {
            guard (0...255).contains(number) else {
                throw location(token).error(
                    "an upper protocol is a number of 0 to 255, found \(shown(token))")
            }
            return .number(number == 255 ? 0 : UInt8(truncatingIfNeeded: number))
        }
        let word = text(token)
        return UpperProtocol.numbers[word].map { .number($0) } ?? .name(word)
    }

    /// Takes `type,code`, a type alone, or a GRE key as a number or dotted quad.
    private mutating func takeDetail(of form: UpperLayer.Form) throws(Diagnostic) -> UpperLayer.Detail? {
        let token = try peek()
        guard token.kind == .word, octets(token).first != UInt8(ascii: "-") else { return nil }
        guard case .number(let number) = form, UpperProtocol.hasType(number) || number == UpperProtocol.gre
        else {
            throw location(token).error(
                "expected '-P', found \(shown(token)); only icmp, icmp6, mh and gre have a type or key here")
        }
        _ = try take()
        return number == UpperProtocol.gre ? .key(try greKey(token)) : try typeAndCode(token)
    }

    private func typeAndCode(_ token: Token) throws(Diagnostic) -> UpperLayer.Detail {
        let parts = octets(token).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let numbers = parts.map { part in Number.parse(part).flatMap { UInt8(exactly: $0) } }
        guard let type = numbers.first, let type, numbers.count <= 2,
            let code = numbers.count == 2 ? numbers[1] : 0
        else {
            throw location(token).error("expected 'type,code', numbers of 0 to 255, found \(shown(token))")
        }
        return .type(type, code: code)
    }

    private func greKey(_ token: Token) throws(Diagnostic) -> UInt32 {
        if let number = Number.parse(octets(token)), let key = UInt32(exactly: number) { return key }
        if case .address(let quad)? = Self.hostForm(octets(token)), quad.family == .ipv4 {
            return UInt32(truncatingIfNeeded: quad.value)
        }
        throw location(token).error("expected a GRE key, a number or a dotted quad, found \(shown(token))")
    }
}
