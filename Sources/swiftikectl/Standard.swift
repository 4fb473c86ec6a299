import LinuxIO

/// The streams of this process for people.
enum Standard {
    /// Prints a line on standard error.
    static func complain(_ text: String) {
        (try? AppendedFile(duplicating: 2))?.append("swiftikectl: \(text)\n")
    }

    /// Prints text on standard output at once, for who watches.
    static func show(_ text: String) {
        (try? AppendedFile(duplicating: 1))?.append(text)
    }
}
