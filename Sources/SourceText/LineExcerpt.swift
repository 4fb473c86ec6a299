/// The part of a source line that is shown with a message, and the caret line under it.
struct LineExcerpt {
    /// Characters that are shown of a line; `…` takes the place of the first and the last where it goes on.
    static let widest = 160
    /// Characters that are shown before the caret where the line is cut.
    private static let lead = 60

    let text: String
    let caret: String

    init(at location: SourceLocation) {
        let file = location.file
        let line = file.line(at: location.offset, within: Self.reach)
        self.init(
            of: SourceFile.printable(file.bytes[line]),
            column: SourceFile.characters(in: file.bytes[line.lowerBound..<location.offset]) + 1,
            width: location.caretWidth(atMost: Self.reach))
    }

    /// - Parameters:
    ///   - column: where the caret stands, from 1.
    ///   - width: characters to underline; what lies beyond the excerpt is left out.
    init(of line: String, column: Int, width: Int) {
        let characters = Array(line.unicodeScalars)
        let start = max(0, min(column - 1 - Self.lead, characters.count - Self.widest))
        let end = min(characters.count, start + Self.widest)
        var window = Array(characters[min(start, end)..<end])
        if start > 0, !window.isEmpty { window[0] = "…" }
        if end < characters.count, !window.isEmpty { window[window.count - 1] = "…" }
        let indent = max(0, column - 1 - start)
        // Tabs are repeated so that the caret stands right whatever their width.
        let margin = window.prefix(indent).map { $0 == "\t" ? "\t" : " " as Character }
        let underline = max(1, min(width, window.count - indent))
        text = String(String.UnicodeScalarView(window))
        caret = String(margin) + "^" + String(repeating: "~", count: underline - 1)
    }

    /// Octets on either side of the caret that are looked at: enough for four to a character.
    private static let reach = 4 * (widest + 1)
}
