import SourceText

extension Document {
    private static let kinds = [
        "include", "pre_shared_key", "certificate", "script", "backupsa", "pidfile", "leases",
    ]
    /// racoon's bound on files within files.
    private static let deepestInclude = 10

    /// Takes `path KIND "P";` with its name seen from the main file.
    mutating func takePath(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        let kind = try arguments.takeChoice(Self.kinds)
        let name = try arguments.takeString("a path")
        let path = resolved(name.text)
        switch kind.text {
        case "include": configuration.paths.include = path
        case "pre_shared_key": configuration.paths.preSharedKeys = path
        case "certificate": configuration.paths.certificates = path
        case "script": configuration.paths.scripts = path
        case "backupsa": configuration.paths.backupSA = path
        case "leases": configuration.paths.leases = path
        default: configuration.paths.pidFile = path
        }
        if kind.text == "backupsa" { session.notInEffect(arguments, "'path backupsa'") }
    }

    /// `include "PATTERN";` The files are read here and now, as if their text stood in place of the statement.
    mutating func takeInclude(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        let name = try arguments.takeString("a file or pattern")
        let pattern = FilePath.join(configuration.paths.include, name.text)
        guard includeStack.count <= Self.deepestInclude else {
            throw name.location.error(
                "files include each other \(includeStack.count) deep, at most \(Self.deepestInclude) are allowed: "
                    + includeStack.joined(separator: " -> "))
        }
        let paths = session.reading.matches(pattern)
        guard !paths.isEmpty else { throw name.location.error("no file matches '\(pattern)'") }
        for path in paths {
            if includeStack.contains(path) {
                let loop = (includeStack + [path]).joined(separator: " -> ")
                session.report(name.location.error("this include is a loop: \(loop)"))
            } else {
                include(path, from: name.location, session)
            }
        }
    }

    private mutating func include(_ path: String, from location: SourceLocation, _ session: Session) {
        switch session.read(path, for: location) {
        case nil: return
        case .failure(let failure):
            session.report(location.warning("'\(path)' is left out, it cannot be read: \(failure.reason)"))
        case .success(let bytes):
            includeStack.append(path)
            apply(SourceFile(name: path, bytes: bytes), session)
            includeStack.removeLast()
        }
    }

    /// Reads a text into this document.
    mutating func apply(_ file: SourceFile, _ session: Session) {
        let (statements, diagnostics) = StatementParser.parse(file)
        session.report(diagnostics)
        Self.vocabulary.apply(statements, to: &self, session)
    }
}
