/// A stretch of a source text.
package struct SourceLocation: Sendable {
    package let file: SourceFile
    /// Octets from the start of the file.
    package let offset: Int
    /// Octets it covers.
    package let length: Int

    package init(file: SourceFile, offset: Int, length: Int) {
        self.file = file
        self.offset = min(max(offset, 0), file.bytes.count)
        self.length = min(max(length, 0), file.bytes.count - self.offset)
    }

    /// From 1.
    package var line: Int { file.line(at: offset) }
    /// From 1, in characters.
    package var column: Int { file.column(at: offset) }
    /// `swiftike.conf:12`, as policies carry it for later messages.
    package var origin: String { "\(file.name):\(line)" }
    /// The place right behind it.
    package var end: SourceLocation { SourceLocation(file: file, offset: offset + length, length: 0) }

    package func error(_ message: String) -> Diagnostic { Diagnostic(.error, self, message) }
    package func warning(_ message: String) -> Diagnostic { Diagnostic(.warning, self, message) }
    package func notice(_ message: String) -> Diagnostic { Diagnostic(.notice, self, message) }

    /// How many characters a caret line underlines: at least one, none beyond the line.
    func caretWidth(atMost limit: Int) -> Int {
        let covered = file.bytes[offset..<offset + min(length, limit)]
        let line = covered.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return max(1, SourceFile.characters(in: line))
    }
}

/// Locations are the same if they name the same stretch of a file of the same name.
extension SourceLocation: Hashable {
    package static func == (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.file.name, left.offset, left.length) == (right.file.name, right.offset, right.length)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(file.name)
        hasher.combine(offset)
        hasher.combine(length)
    }
}
