import IPsec
import SourceText

/// What follows an SPI: `-m`, `-r`, `-u`, lifetimes and the like.
extension TokenStream {
    static let extensionWords = [
        "-m", "-r", "-u", "-f", "-lh", "-ls", "-bh", "-bs", "-ctx", "-esp_frag", "-o", "-E", "-A", "-C", "-R",
    ]

    /// Takes one extension or algorithm; false where the statement ends.
    mutating func takeExtension(
        of statement: inout AssociationStatement, _ part: AssociationPart
    ) throws(Diagnostic) -> Bool {
        let token = try peek()
        guard token.kind == .word else { return false }
        _ = try take()
        let word = text(token)
        switch word {
        case "-E", "-A", "-C", "-R":
            guard part == .whole else {
                throw location(token).error("'\(word)' is for 'add': this statement only names an SA")
            }
            try takeAlgorithm(word, &statement.algorithms, at: location(token))
        case "-lh", "-ls", "-bh", "-bs":
            try takeLifetime(word, &statement.extensions.lifetime)
        case "-o": try takeAssociationOption(of: &statement)
        default: try takeExtension(word, token, of: &statement)
        }
        return true
    }

    private mutating func takeExtension(
        _ word: String, _ token: Token, of statement: inout AssociationStatement
    ) throws(Diagnostic) {
        switch word {
        case "-m": statement.extensions.mode = try takeAssociationMode()
        case "-r": try takeReplayWindow(of: &statement, at: location(token))
        case "-u": statement.extensions.requestID = try takeUInt32("a request ID")
        case "-f": try takeFlag(&statement.extensions)
        case "-esp_frag": try takeFragmentSize(of: &statement, at: location(token))
        case "-ctx":
            statement.extensions.contextLocation = location(token)
            statement.extensions.options.securityContext = try takeSecurityContext()
        default:
            throw location(token).error(
                "expected an extension such as '-m' or '-E', or ';', found \(shown(token))"
                    + Suggestion.hint(for: word, among: Self.extensionWords))
        }
    }

    private mutating func takeAssociationMode() throws(Diagnostic) -> EncapsulationMode? {
        let what = "a mode: 'transport', 'tunnel', 'beet' or 'any'"
        let token = try takeWord(what)
        if self.is(token, "any") { return nil }
        guard let mode = EncapsulationMode(rawValue: text(token)) else {
            throw location(token).error(
                "expected \(what), found \(shown(token))"
                    + Suggestion.hint(for: text(token), among: ["transport", "tunnel", "beet", "any"]))
        }
        return mode
    }

    private mutating func takeReplayWindow(
        of statement: inout AssociationStatement, at place: SourceLocation
    ) throws(Diagnostic) {
        statement.extensions.replay.window = try takeUInt32("a replay window, in packets")
        guard statement.protocol != .oldESP, statement.protocol != .oldAH else {
            throw place.error(
                "'\(statement.protocol.rawValue)' has no sequence numbers, so that replay cannot be prevented"
            )
        }
    }

    private mutating func takeFlag(_ extensions: inout AssociationExtensions) throws(Diagnostic) {
        let known = AssociationExtensions.Padding.allCases.map(\.rawValue) + ["nocyclic-seq"]
        let token = try takeWord("a flag: \(known.joined(separator: ", "))")
        let word = text(token)
        if word == "nocyclic-seq" {
            extensions.refusesCyclicSequence = true
        } else if let padding = AssociationExtensions.Padding(rawValue: word) {
            extensions.padding = padding
        } else {
            throw location(token).error(
                "expected a flag, \(known.joined(separator: ", ")), found \(shown(token))"
                    + Suggestion.hint(for: word, among: known))
        }
    }

    private mutating func takeFragmentSize(
        of statement: inout AssociationStatement, at place: SourceLocation
    ) throws(Diagnostic) {
        let size = try takeNumber(1...65535, "a fragment size")
        guard statement.protocol == .espInUDP else { throw place.error("'-esp_frag' is for esp-udp alone") }
        statement.extensions.fragmentSize = UInt16(truncatingIfNeeded: size)
    }

    /// Takes the number of `-lh`, `-ls`, `-bh` or `-bs`; 0 is no limit.
    private mutating func takeLifetime(_ flag: String, _ lifetime: inout Lifetime) throws(Diagnostic) {
        if flag == "-bh" || flag == "-bs" {
            let octets = try takeNumber(0...UInt64.max, "a number of octets")
            let limit = octets == 0 ? nil : octets
            if flag == "-bh" { lifetime.hardBytes = limit } else { lifetime.softBytes = limit }
            return
        }
        let limit = try takeSeconds()
        if flag == "-lh" { lifetime.hardTime = limit } else { lifetime.softTime = limit }
    }

    /// Takes seconds; 0 is no limit.
    mutating func takeSeconds() throws(Diagnostic) -> Duration? {
        let seconds = try takeNumber(0...UInt64(Int64.max), "a number of seconds")
        return seconds == 0 ? nil : .seconds(Int64(truncatingIfNeeded: seconds))
    }

    /// Takes `DOI ALGORITHM "CONTEXT"`, what follows `-ctx`.
    mutating func takeSecurityContext() throws(Diagnostic) -> SecurityContext {
        let domain = try takeNumber(0...255, "a domain of interpretation")
        let algorithm = try takeNumber(0...255, "a context algorithm")
        let context = try takeString("a security context in quotes")
        return SecurityContext(
            domain: UInt8(truncatingIfNeeded: domain), algorithm: UInt8(truncatingIfNeeded: algorithm),
            text: text(context))
    }
}
