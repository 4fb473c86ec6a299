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
            of: SourceFile.printable(file.shown(line)),
            column: SourceFile.characters(in: file.bytes[line.lowerBound..<location.offset]) + 1,
            width: location.caretWidth(atMost: Self.reach))
    }

    /// - Parameters:
    ///   - column: where the caret stands, from 1.
    ///   - width: characters to underline; what lies beyond the excerpt is left out.
    init(of line: String, column: Int, width: Int) {
        let count = line.unicodeScalars.count
        let start = max(0, min(column - 1 - Self.lead, count - Self.widest))
        text = count > Self.widest ? Self.window(of: line.unicodeScalars, count, from: start) : line
        let indent = max(0, column - 1 - start)
        let underline = max(1, min(width, min(count, Self.widest) - indent))
        caret = Self.margin(under: text, indent) + "^" + String(repeating: "~", count: underline - 1)
    }

    private static func window(of line: String.UnicodeScalarView, _ count: Int, from start: Int) -> String {
        var window = Array(line.dropFirst(start).prefix(widest))
        if start > 0 { window[0] = "…" }
        if start + widest < count { window[widest - 1] = "…" }
        return String(String.UnicodeScalarView(window))
    }

    /// Blanks as wide as the text above; tabs are repeated so that the caret stands right whatever their width.
    private static func margin(under text: String, _ indent: Int) -> String {
        let blanks = String(repeating: " ", count: indent)
        guard text.utf8.contains(UInt8(ascii: "\t")) else { return blanks }
        let scalars = text.unicodeScalars.prefix(indent).map { $0 == "\t" ? $0 : " " }
        return String(String.UnicodeScalarView(scalars)) + blanks.dropFirst(scalars.count)
    }

    /// Octets on either side of the caret that are looked at: enough for four to a character.
    private static let reach = 4 * (widest + 1)
}
