import IPsec
import SourceText

/// Requests of a policy, `protocol/mode/source-destination/level` with its short forms.
extension TokenStream {
    private static let levels = ["default", "use", "require", "unique"]

    mutating func takeRequest() throws(Diagnostic) -> PolicyRequest {
        let first = try takeWord("a request, such as esp/transport//require")
        guard let securityProtocol = Self.securityProtocol(first.text) else {
            throw first.location.error("expected 'esp', 'ah' or 'ipcomp', found \(first.shown)")
        }
        try takeMark("/")
        let mode = try takeMode()
        var request = PolicyRequest(protocol: securityProtocol, mode: mode, level: .require)
        if try takeOptionalMark("/") {
            if try isAtAddresses() { (request.source, request.destination) = try takeEndpoints() }
            if try takeOptionalMark("/") { request.level = try takeLevel() }
        }
        if mode == .tunnel, request.source == nil {
            throw first.location.error(
                "mode tunnel needs addresses: \(first.text)/tunnel/SOURCE-DESTINATION/require")
        }
        return request
    }

    private static func securityProtocol(_ word: String) -> SecurityProtocol? {
        switch word {
        case "esp": .esp
        case "ah": .ah
        case "ipcomp": .ipcomp
        default: nil
        }
    }

    private mutating func takeMode() throws(Diagnostic) -> EncapsulationMode {
        let token = try takeWord("a mode: 'transport' or 'tunnel'")
        switch token.text {
        case "transport": return .transport
        case "tunnel": return .tunnel
        default:
            throw token.location.error(
                "expected a mode, 'transport' or 'tunnel', found \(token.shown)"
                    + Suggestion.hint(for: token.text, among: ["transport", "tunnel"]))
        }
    }

    /// Whether addresses come, and not the level, the next request or the end.
    private mutating func isAtAddresses() throws(Diagnostic) -> Bool {
        guard let token = try peek(), token.kind == .word else { return false }
        return Self.securityProtocol(token.text) == nil
    }

    /// Takes `SOURCE-DESTINATION`; `me-any` and `any-me` leave the addresses open.
    private mutating func takeEndpoints() throws(Diagnostic) -> (IPAddress?, IPAddress?) {
        if let word = try takeOptionalWord(where: { $0 == "me" || $0 == "any" }) {
            try takeMark("-")
            let other = word.text == "me" ? "any" : "me"
            guard try takeOptionalWord(where: { $0 == other }) != nil else { throw expected("'\(other)'") }
            return (nil, nil)
        }
        let source = try takeAddress("an address")
        let sourcePort = try takePort()
        try takeMark("-")
        let place = try peek()?.location ?? end
        let destination = try takeAddress("an address")
        let destinationPort = try takePort()
        guard source.family == destination.family else {
            throw place.error("the two ends are of different families, IPv4 and IPv6")
        }
        guard (sourcePort == nil) == (destinationPort == nil) else {
            throw place.error("either both ends have a port or neither")
        }
        return (source, destination)
    }

    private mutating func takeLevel() throws(Diagnostic) -> PolicyRequest.Level {
        guard let token = try peek(), token.kind == .word, Self.securityProtocol(token.text) == nil else {
            return .require
        }
        _ = try take()
        let parts = token.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, parts[0] == "unique" { return try takeUnique(String(parts[1]), at: token) }
        switch token.text {
        case "default", "require": return .require
        case "use": return .use
        case "unique": return .unique(requestID: 0)
        default:
            throw token.location.error(
                "expected a level, 'default', 'use', 'require' or 'unique', found \(token.shown)"
                    + Suggestion.hint(for: token.text, among: Self.levels))
        }
    }

    private mutating func takeUnique(_ digits: String, at token: Token) throws(Diagnostic)
        -> PolicyRequest.Level
    {
        let text = digits.isEmpty ? try takeWord("a request ID").text : digits
        guard let number = Self.number(text), let requestID = UInt32(exactly: number) else {
            throw token.location.error("expected 'unique:N' with a number, found \(token.shown)")
        }
        return .unique(requestID: requestID)
    }
}
