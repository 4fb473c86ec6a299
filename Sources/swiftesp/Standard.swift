import ArgumentParser
import ControlProtocol
import LinuxIO

/// The streams of this process for people.
enum Standard {
    /// Prints a line on standard error.
    static func complain(_ text: String) {
        (try? AppendedFile(duplicating: 2))?.append("swiftesp: \(TerminalText.escapedLines(text))\n")
    }
}

/// How the program ends, by sysexits(3) where it says something of its input.
enum ExitStatus {
    /// A packet failed verification.
    static let failedPackets = ExitCode(1)
    static let usage = ExitCode(64)
    /// A file's content is wrong.
    static let dataError = ExitCode(65)
    static let noInput = ExitCode(66)
    static let cannotCreate = ExitCode(73)
    static let ioError = ExitCode(74)
    static let noPermission = ExitCode(77)
}
