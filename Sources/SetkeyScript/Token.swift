import SourceText

/// A word, a quoted string or a mark of a setkey file.
struct Token: Sendable {
    enum Kind: Sendable, Equatable {
        case word
        /// Between quotes; `text` is without them.
        case string
        /// `;`, `[`, `]`, `/`, and inside a policy also `+` and `-`.
        case mark
    }

    let kind: Kind
    let text: String
    let location: SourceLocation

    func isMark(_ mark: String) -> Bool { kind == .mark && text == mark }

    /// The token as a message shows it.
    var shown: String {
        let text = SourceFile.printable(self.text.utf8)
        let short = text.count > 40 ? text.prefix(40) + "…" : text[...]
        return kind == .string ? "\"\(short)\"" : "'\(short)'"
    }
}
