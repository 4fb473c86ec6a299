/// What a code means that a peer sends or that we tell, what usually causes it, and what to do about it.
package struct Explanation: Hashable, Sendable {
    /// The name as the RFCs write it, `NO_PROPOSAL_CHOSEN`, or a word of ours.
    package let name: String
    /// The number of the notification; nil where there is none.
    package let number: UInt16?
    /// One sentence.
    package let meaning: String
    /// The usual ones, the most frequent first.
    package let causes: [String]
    /// What to do, the most useful first; the first is short enough for a line of log.
    package let remedies: [String]
}

extension Explanation {
    /// The explanation of a code by its name, in any case and with any separators, or by its number.
    package init?(_ code: String) {
        let wanted = Self.key(code)
        let found = Self.all.first { explanation in
            Self.key(explanation.name) == wanted || explanation.number.map { "\($0)" == wanted } ?? false
        }
        guard let found, !wanted.isEmpty else { return nil }
        self = found
    }

    /// The one of IKEv2's notification of a number.
    package init?(number: UInt16) {
        guard let found = Self.all.first(where: { $0.number == number }) else { return nil }
        self = found
    }

    private static func key(_ code: String) -> String {
        String(code.lowercased().filter { $0.isLetter || $0.isNumber })
    }

    /// As it is read at the terminal, a line each.
    package var lines: [String] {
        let title = number.map { "\(name) (\($0))" } ?? name
        return ["\(title): \(meaning)", "", "Usual causes:"] + Self.list(causes)
            + ["", "What to do:"] + Self.list(remedies)
    }

    private static func list(_ points: [String]) -> [String] {
        points.enumerated().map { "  \($0.offset + 1). \($0.element)" }
    }
}
