/// What is wrong with a one-line proposal, and where.
package struct ProposalTextFailure: Error, Hashable, Sendable {
    package enum Problem: Error, Hashable, Sendable {
        /// No such algorithm is negotiated here; the nearest word that is one.
        case unknown(nearest: String?)
        /// The cipher has keys of other lengths, which are in words.
        case keyLength(allowed: String)
        /// The word is good, but not here: why, and what to do.
        case misplaced(String)
        /// Nothing stands between two separators, or at the end.
        case emptyWord
        /// The proposal lacks something: what, and what to write.
        case incomplete(String)
    }

    /// The word as it was written; of an incomplete proposal all of it.
    package let word: String
    /// Where the word starts, counted in characters from 1.
    package let column: Int
    package let problem: Problem
}

extension ProposalTextFailure: CustomStringConvertible {
    /// `column 8: 'sha265' is no algorithm that is negotiated here; did you mean 'sha256'?`.
    package var description: String { "column \(column): \(sentence)" }

    /// The same without the column.
    package var sentence: String {
        switch problem {
        case .unknown(let nearest):
            "'\(word)' is no algorithm that is negotiated here"
                + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .keyLength(let allowed): "'\(word)' has keys of \(allowed) bits"
        case .misplaced(let reason): "'\(word)' \(reason)"
        case .emptyWord: "an algorithm is missing between two separators, or behind the last"
        case .incomplete(let reason): "'\(word)' \(reason)"
        }
    }
}
