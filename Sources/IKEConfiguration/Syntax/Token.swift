import SourceText

/// A word, a quoted string or a punctuation mark of the text.
struct Token: Sendable {
    enum Kind: Sendable, Equatable {
        case word
        /// Between quotes; `text` is without them.
        case string
        /// One of `{ } [ ] ; , /`.
        case punctuation
    }

    let kind: Kind
    let text: String
    let location: SourceLocation

    /// The token as a message shows it: short, printable, in quotes.
    var shown: String {
        let text = SourceFile.printable(self.text.utf8)
        let short = text.count > 40 ? text.prefix(40) + "…" : text[...]
        return kind == .string ? "\"\(short)\"" : "'\(short)'"
    }

    func isPunctuation(_ mark: String) -> Bool { kind == .punctuation && text == mark }
    func isWord(_ word: String) -> Bool { kind == .word && text == word }
}
