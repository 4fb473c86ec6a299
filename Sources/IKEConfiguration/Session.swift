import SourceText

/// One run of the parser: what it found, and the files it may read.
final class Session {
    let reading: FileReading
    private(set) var diagnostics: [Diagnostic] = []
    /// Errors so far; a block in which it grew is not blamed for what it lacks.
    private(set) var errors = 0

    init(reading: FileReading) {
        self.reading = reading
    }

    func report(_ diagnostic: Diagnostic) {
        if diagnostic.severity == .error { errors += 1 }
        diagnostics.append(diagnostic)
    }

    func report(_ diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics { report(diagnostic) }
    }

    /// The messages file by file in order of first mention, each file's in order of its text.
    var sortedDiagnostics: [Diagnostic] {
        var ranks: [String: Int] = [:]
        for diagnostic in diagnostics where ranks[diagnostic.file] == nil {
            ranks[diagnostic.file] = ranks.count
        }
        let order = diagnostics.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            return (ranks[first.file] ?? 0, first.line, first.column, left.offset)
                < (ranks[second.file] ?? 0, second.line, second.column, right.offset)
        }
        return order.map(\.element)
    }

    /// Says that a statement was understood and changes nothing yet.
    func notInEffect(_ arguments: Arguments, _ what: String? = nil) {
        let what = what ?? "'\(arguments.keyword.text)'"
        report(arguments.statementLocation.notice("\(what) accepted, not in effect yet"))
    }

    /// Whether a step went without an error.
    func succeeds(_ step: () -> Void) -> Bool {
        let before = errors
        step()
        return errors == before
    }
}
