import SourceText

/// What goes to standard error, and what it means for the exit status.
package final class Complaints {
    private let write: (String) -> Void
    /// Statements that could not be read or carried out by us; they end the program with 1.
    private(set) var errors = 0
    /// Requests that the database refused; they do so with `--strict` alone.
    private(set) var refusals = 0

    /// - Parameter write: gets whole lines.
    package init(write: @escaping (String) -> Void) {
        self.write = write
    }

    func tell(_ remark: Diagnostic) {
        write(remark.rendered + "\n")
    }

    func fail(_ error: Diagnostic) {
        errors += 1
        tell(error)
    }

    func fail(_ message: String) {
        errors += 1
        write("swiftkey: \(message)\n")
    }

    /// A refusal, at the statement that asked for it where there is one.
    func refuse(_ explanation: String, at origin: SourceLocation?) {
        refusals += 1
        write((origin.map { $0.error(explanation).rendered } ?? "swiftkey: \(explanation)") + "\n")
    }

    func status(isStrict: Bool) -> Int32 {
        errors > 0 || (isStrict && refusals > 0) ? 1 : 0
    }
}
