import SourceText

/// The shape every statement has: words, then `;` or a block of statements.
struct Statement: Sendable {
    /// Never empty.
    var words: ArraySlice<Token>
    /// nil if it ends in `;`.
    var block: [Statement]?
    /// Where the `;` or `{` stands, or should.
    var end: SourceLocation
}
