import SourceText

/// One run of the parser: what it found, and the files it may read.
final class Session {
    let reading: FileReading
    private(set) var diagnostics = DiagnosticList()
    private var filesRead = 0

    init(reading: FileReading) {
        self.reading = reading
    }

    /// Errors so far; a block in which it grew is not blamed for what it lacks.
    var errors: Int { diagnostics.count(of: .error) }

    func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

    func report(_ list: DiagnosticList) { diagnostics.append(contentsOf: list) }

    /// Reads a file that a statement names; nil once too many are read, which is said the first time.
    ///
    /// Files that include several others, each of which does so too, are soon more than anybody can wait for.
    func read(_ path: String, for location: SourceLocation) -> Result<[UInt8], FileReading.Failure>? {
        filesRead += 1
        guard filesRead <= Self.mostFiles else {
            if filesRead == Self.mostFiles + 1 {
                report(
                    location.error(
                        "more than \(Self.mostFiles) files are included, none is read from here on; "
                            + "do files include each other?"))
            }
            return nil
        }
        return reading.read(path)
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

    /// Files that one configuration may include, counted as often as they are read.
    static let mostFiles = 4096
}
