package import SourceText

/// Reads swiftike.conf: the grammar of racoon.conf with `tunnel`, `include_policy` and limits of our own.
package enum ConfigurationFile {
    /// Reads and checks a configuration file and all it includes.
    ///
    /// Touches nothing but through `reading`.
    ///
    /// Relative names in it start at the directory of `path`. Errors, warnings and notices come in the order
    /// of the text, file by file.
    package static func load(
        _ path: String, reading: FileReading
    ) -> Result<Configuration, ConfigurationRejection> {
        switch reading.read(path) {
        case .failure(let failure):
            let message = "the configuration cannot be read: \(failure.reason)"
            return .failure(
                ConfigurationRejection(.unreadable, DiagnosticList([Diagnostic(.error, file: path, message)]))
            )
        case .success(let bytes):
            return load(SourceFile(name: path, bytes: bytes), reading: reading)
        }
    }

    /// Reads and checks a configuration whose text is at hand.
    package static func load(
        _ file: SourceFile, reading: FileReading
    ) -> Result<Configuration, ConfigurationRejection> {
        let session = Session(reading: reading)
        var document = Document(path: file.name)
        document.apply(file, session)
        let configuration = document.finish(session)
        let diagnostics = session.diagnostics.inOrderOfText
        guard session.errors == 0 else { return .failure(ConfigurationRejection(.faulty, diagnostics)) }
        var result = configuration
        result.notices = diagnostics
        return .success(result)
    }
}
