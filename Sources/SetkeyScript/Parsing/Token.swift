/// A word, a quoted string or a mark of a setkey file: where it stands, its text stays in the file.
struct Token: Sendable {
    enum Kind: Sendable, Equatable {
        case word
        /// Between quotes, which `range` includes.
        case string
        /// `;`, `[`, `]`, `/`, and inside a policy also `+` and `-`.
        case mark(UInt8)
        /// Behind the last token.
        case end
    }

    let kind: Kind
    /// Octets of the file.
    let range: Range<Int>

    /// A string's octets without the quotes, the range itself otherwise.
    var content: Range<Int> {
        kind == .string ? range.lowerBound + 1..<range.upperBound - 1 : range
    }
}
