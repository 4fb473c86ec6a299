import Algorithms

/// What a one-line proposal is for.
package enum SuiteUse: Hashable, Sendable {
    case ike
    case esp
    case ah
}

/// Proposals on one line, in the words of strongSwan and libreswan: `aes256gcm16-prfsha384-ecp384`,
/// `aes128-sha256-x25519,aes_gcm256-sha2_512-dh19`, `aes256-sha2;modp2048`.
///
/// Words of one proposal stand in any order, joined by `-`, `+` or `;`; several words of a kind are alternatives, the
/// preferred first. Commas and spaces part proposals. A `!` at the end, by which others say that nothing else is
/// accepted, changes nothing: it is always so here.
package enum ProposalText {
    /// A word and where it stands.
    struct Word {
        let text: String
        let column: Int
    }

    /// Reads all proposals of a line.
    ///
    /// What IKE needs and nobody named is filled in as both others do: the function from the integrity algorithm, or
    /// all of `DefaultSuites` beside ciphers that authenticate, and the key exchanges of `DefaultSuites`. Sequence
    /// numbers of both widths are offered where a child's proposal names none.
    ///
    /// - Parameter origin: where the line stands, for the proposals' own use.
    package static func parse(
        _ text: String, for use: SuiteUse, origin: String = ""
    ) throws(ProposalTextFailure) -> [SuiteProposal] {
        var proposals: [SuiteProposal] = []
        for words in try proposalsOfWords(text) {
            for var proposal in try meaning(of: words, use) {
                proposal.origin = origin
                proposals.append(proposal)
            }
        }
        guard !proposals.isEmpty else {
            throw ProposalTextFailure(
                word: text, column: 1, problem: .incomplete("names no algorithm; write aes128-sha256-x25519"))
        }
        return proposals
    }

    /// One proposal, or all of `DefaultSuites` for strongSwan's word `default`.
    private static func meaning(
        of words: [Word], _ use: SuiteUse
    ) throws(ProposalTextFailure) -> [SuiteProposal] {
        if words.count == 1, words[0].text.lowercased() == "default" { return DefaultSuites.of(use) }
        var draft = SuiteDraft(use: use)
        for word in words { try draft.add(word) }
        return [try draft.finished(words)]
    }

    private static func proposalsOfWords(_ text: String) throws(ProposalTextFailure) -> [[Word]] {
        var proposals: [[Word]] = []
        var words: [Word] = []
        var current = ""
        var column = 0
        var mayEnd = true
        for character in text.last == "!" ? text.dropLast() : Substring(text) {
            column += 1
            let isEnd = character == "," || character.isWhitespace
            guard isEnd || character == "-" || character == "+" || character == ";" else {
                current.append(character)
                continue
            }
            try take(&current, &words, endingAt: column, mayBeEmpty: isEnd && mayEnd && words.isEmpty)
            mayEnd = isEnd
            if isEnd, !words.isEmpty {
                proposals.append(words)
                words = []
            }
        }
        try take(&current, &words, endingAt: column + 1, mayBeEmpty: mayEnd && words.isEmpty)
        if !words.isEmpty { proposals.append(words) }
        return proposals
    }

    private static func take(
        _ current: inout String, _ words: inout [Word], endingAt column: Int, mayBeEmpty: Bool
    ) throws(ProposalTextFailure) {
        let word = Word(text: current, column: column - current.count)
        current = ""
        guard !word.text.isEmpty else {
            guard mayBeEmpty else {
                throw ProposalTextFailure(word: "", column: column, problem: .emptyWord)
            }
            return
        }
        words.append(word)
    }
}
