import Algorithms
import Negotiation
import SourceText

extension Arguments {
    /// Takes `"aes256gcm16-prfsha384-ecp384", "…"`: proposals on one line, each string one or several.
    mutating func takeSuites(for use: SuiteUse, _ session: Session) throws(Diagnostic) -> [SuiteProposal] {
        var suites: [SuiteProposal] = []
        repeat {
            let token = try takeString("a proposal such as \(Self.example(of: use))")
            do throws(ProposalTextFailure) {
                suites += try ProposalText.parse(token.text, for: use, origin: token.location.origin)
            } catch {
                throw token.location(of: error).error(error.sentence)
            }
        } while takeOptionalPunctuation(",")
        for suite in suites { warnOfWeakness(suite, session) }
        return suites
    }

    private static func example(of use: SuiteUse) -> String {
        switch use {
        case .ike: "\"aes256gcm16-prfsha384-ecp384\""
        case .esp: "\"aes256gcm16\""
        case .ah: "\"sha256\""
        }
    }

    private func warnOfWeakness(_ suite: SuiteProposal, _ session: Session) {
        let ciphers = suite.encryption.compactMap { cipher in
            Weakness.of(cipher.algorithm).map { "'\(cipher)' is weak: \($0)" }
        }
        let groups = suite.keyExchange.compactMap { group in
            Weakness.of(group).map { "'\(group.name)' is weak: \($0)" }
        }
        for warning in ciphers + groups { session.report(statementLocation.warning(warning)) }
    }
}

extension Token {
    /// Where in a quoted string a word of a proposal stands.
    fileprivate func location(of failure: ProposalTextFailure) -> SourceLocation {
        let before = text.prefix(max(0, failure.column - 1)).utf8.count
        let length = failure.word.isEmpty ? 1 : failure.word.utf8.count
        // The quote comes first, and nothing is marked beyond the string.
        let start = location.offset + 1 + before
        let end = min(start + length, location.offset + location.length)
        return SourceLocation(file: location.file, offset: start, length: max(0, end - start))
    }
}
