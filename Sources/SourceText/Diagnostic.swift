/// Something to tell a person about a text of theirs: where, what was found, what was expected, what to do.
///
/// The line and the column are worked out when they are asked for: making one costs the same in any text.
package struct Diagnostic: Error, Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable, CaseIterable {
        /// The text cannot be used.
        case error
        /// It can be used, but probably should not be as it is.
        case warning
        /// It is used, but this part of it has no effect.
        case notice
    }

    private enum Place: Hashable, Sendable {
        case file(String)
        case text(SourceLocation)
    }

    /// Longer messages are cut: they repeat what somebody else wrote.
    private static let longestMessage = 1000

    package let severity: Severity
    /// Printable, on one line.
    package let message: String
    private let place: Place

    package init(_ severity: Severity, _ location: SourceLocation, _ message: String) {
        self.severity = severity
        self.message = SourceFile.printable(message, atMost: Self.longestMessage)
        place = .text(location)
    }

    /// Makes a message about a file as a whole.
    package init(_ severity: Severity, file: String, _ message: String) {
        self.severity = severity
        self.message = SourceFile.printable(message, atMost: Self.longestMessage)
        place = .file(file)
    }

    /// The file's name as given.
    package var file: String {
        switch place {
        case .file(let name): name
        case .text(let location): location.file.name
        }
    }

    /// nil if the message is about the file as a whole.
    private var location: SourceLocation? {
        guard case .text(let location) = place else { return nil }
        return location
    }

    /// From 1; 0 if the message is about the file as a whole.
    package var line: Int { location?.line ?? 0 }
    /// From 1, in characters; 0 if the message is about the file as a whole.
    package var column: Int { location?.column ?? 0 }

    /// Octets from the start of the file, for sorting; a message about the whole file comes first.
    var offset: Int { location?.offset ?? -1 }

    /// `swiftike.conf:12:5: error: unknown word 'foo'`, on one line.
    package var headline: String {
        let file = SourceFile.printable(file.utf8)
        return location.map { "\(file):\($0.line):\($0.column): \(severity.rawValue): \(message)" }
            ?? "\(file): \(severity.rawValue): \(message)"
    }

    /// The headline, the source line and a caret under what is meant; no line end after the last line.
    package var rendered: String {
        guard let location else { return headline }
        let excerpt = LineExcerpt(at: location)
        return "\(headline)\n    \(excerpt.text)\n    \(excerpt.caret)"
    }
}

extension Diagnostic: CustomStringConvertible {
    package var description: String { rendered }
}
