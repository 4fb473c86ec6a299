/// Something to tell a person about a text of theirs: where, what was found, what was expected, what to do.
package struct Diagnostic: Error, Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable {
        /// The text cannot be used.
        case error
        /// It can be used, but probably should not be as it is.
        case warning
        /// It is used, but this part of it has no effect.
        case notice
    }

    package var severity: Severity
    /// The file's name as given.
    package var file: String
    /// From 1; 0 if the message is about the file as a whole.
    package var line: Int
    /// From 1, in characters; 0 if the message is about the file as a whole.
    package var column: Int
    package var message: String
    /// The line itself, printable; empty if the message is about the file as a whole.
    package var sourceLine: String
    /// Characters to underline.
    package var width: Int

    package init(_ severity: Severity, _ location: SourceLocation, _ message: String) {
        self.severity = severity
        self.message = message
        file = location.file.name
        line = location.line
        column = location.column
        sourceLine = location.file.text(ofLine: line)
        width = location.caretWidth
    }

    /// Makes a message about a file as a whole.
    package init(_ severity: Severity, file: String, _ message: String) {
        self.severity = severity
        self.file = file
        self.message = message
        line = 0
        column = 0
        sourceLine = ""
        width = 0
    }

    /// `swiftike.conf:12:5: error: unknown word 'foo'`, on one line.
    package var headline: String {
        line == 0
            ? "\(file): \(severity.rawValue): \(message)"
            : "\(file):\(line):\(column): \(severity.rawValue): \(message)"
    }

    /// The headline, the source line and a caret under what is meant; no line end after the last line.
    package var rendered: String {
        line == 0 ? headline : "\(headline)\n    \(sourceLine)\n    \(caretLine)"
    }

    /// Tabs are repeated so that the caret stands right whatever their width.
    private var caretLine: String {
        var text = ""
        for scalar in sourceLine.unicodeScalars.prefix(column - 1) {
            text.unicodeScalars.append(scalar == "\t" ? "\t" : " ")
        }
        return text + "^" + String(repeating: "~", count: max(width, 1) - 1)
    }
}

extension Diagnostic: CustomStringConvertible {
    package var description: String { rendered }
}
