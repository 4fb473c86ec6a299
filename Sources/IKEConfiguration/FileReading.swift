/// How the parser gets at files: the program passes functions in, so that parsing itself touches nothing.
package struct FileReading: Sendable {
    /// A file could not be read; a sentence without the file's name, such as `No such file or directory`.
    package struct Failure: Error, Hashable, Sendable {
        package var reason: String

        package init(reason: String) {
            self.reason = reason
        }
    }

    /// The whole content of a file.
    package var read: @Sendable (_ path: String) -> Result<[UInt8], Failure>
    /// The paths that a shell pattern (`*`, `?`, `[…]`, a leading `~`) names, sorted; empty if none.
    package var matches: @Sendable (_ pattern: String) -> [String]

    package init(
        read: @escaping @Sendable (_ path: String) -> Result<[UInt8], Failure>,
        matches: @escaping @Sendable (_ pattern: String) -> [String]
    ) {
        self.read = read
        self.matches = matches
    }
}
