import IPsec
import SourceText

/// Requests of a policy, `protocol/mode/source-destination/level` with its short forms.
extension TokenStream {
    static let levels = ["default", "use", "require", "unique"]

    mutating func takeRequest() throws(Diagnostic) -> PolicyRequest {
        let first = try takeWord("a request, such as esp/transport//require")
        guard let securityProtocol = securityProtocol(first) else {
            throw location(first).error("expected 'esp', 'ah' or 'ipcomp', found \(shown(first))")
        }
        try takeMark("/")
        let mode = try takeMode()
        var request = PolicyRequest(protocol: securityProtocol, mode: mode, level: .require)
        if try takeOptionalMark("/") {
            if try isAtAddresses() { try takeEndpoints(of: &request) }
            if try takeOptionalMark("/") { request.level = try takeLevel() }
        }
        if mode != .transport, request.source == nil {
            throw location(first).error(
                "mode \(mode.rawValue) needs addresses: \(text(first))/\(mode.rawValue)/SOURCE-DESTINATION/require"
            )
        }
        return request
    }

    private func securityProtocol(_ token: Token) -> SecurityProtocol? {
        if self.is(token, "esp") { return .esp }
        if self.is(token, "ah") { return .ah }
        return self.is(token, "ipcomp") ? .ipcomp : nil
    }

    private mutating func takeMode() throws(Diagnostic) -> EncapsulationMode {
        let token = try takeWord("a mode: 'transport' or 'tunnel'")
        guard let mode = EncapsulationMode(rawValue: text(token)) else {
            throw location(token).error(
                "expected a mode, 'transport' or 'tunnel', found \(shown(token))"
                    + Suggestion.hint(for: text(token), among: ["transport", "tunnel"]))
        }
        return mode
    }

    /// Whether addresses come, and not the level, the next request or the end.
    private mutating func isAtAddresses() throws(Diagnostic) -> Bool {
        let token = try peek()
        return token.kind == .word && securityProtocol(token) == nil
    }

    /// Takes `SOURCE-DESTINATION`; `me-any` and `any-me` leave the addresses open.
    private mutating func takeEndpoints(of request: inout PolicyRequest) throws(Diagnostic) {
        for (first, second) in [("me", "any"), ("any", "me")] where try takeOptionalWord(first) != nil {
            try takeMark("-")
            guard try takeOptionalWord(second) != nil else { throw expected("'\(second)'") }
            return
        }
        let source = try takeAddress("an address")
        let sourcePort = try takePort()
        try takeMark("-")
        let start = try place()
        let destination = try takeAddress("an address")
        let destinationPort = try takePort()
        guard source.family == destination.family else {
            throw start.error("the two ends are of different families, IPv4 and IPv6")
        }
        guard (sourcePort == nil) == (destinationPort == nil) else {
            throw start.error("either both ends have a port or neither")
        }
        (request.source, request.destination) = (source, destination)
        if [sourcePort, destinationPort].contains(where: { $0?.isWildcard == false }) {
            request.ports = .stated
        }
    }

    private mutating func takeLevel() throws(Diagnostic) -> PolicyRequest.Level {
        let token = try peek()
        guard token.kind == .word, securityProtocol(token) == nil else { return .require }
        _ = try take()
        let word = text(token)
        switch word {
        case "default", "require": return .require
        case "use": return .use
        case "unique": return .unique(requestID: 0)
        default:
            guard word.hasPrefix("unique:") else {
                throw location(token).error(
                    "expected a level, 'default', 'use', 'require' or 'unique', found \(shown(token))"
                        + Suggestion.hint(for: word, among: Self.levels))
            }
            return try takeUnique(word.dropFirst("unique:".count), at: token)
        }
    }

    private mutating func takeUnique(_ digits: Substring, at token: Token) throws(Diagnostic)
        -> PolicyRequest.Level
    {
        let number =
            digits.isEmpty ? Number.parse(octets(try takeWord("a request ID"))) : Number.parse(digits)
        guard let requestID = number.flatMap({ UInt32(exactly: $0) }) else {
            throw location(token).error("expected 'unique:N' with a number, found \(shown(token))")
        }
        return .unique(requestID: requestID)
    }
}
