import LinuxIO

/// Standard error, for people.
enum Standard {
    /// Prints a line with the program's name.
    static func complain(_ text: String) {
        print("swiftike: \(text)")
    }

    /// Prints text as it is.
    static func print(_ text: String) {
        (try? AppendedFile(duplicating: 2))?.append(text + "\n")
    }
}
