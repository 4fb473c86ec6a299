/// Text that somebody else chose, made safe for a terminal and a log file.
package enum TerminalText {
    /// Control characters, line separators and direction overrides become `\u{…}`: nobody can forge a line.
    package static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { !(0x20...0x7e).contains($0) }),
            text.unicodeScalars.contains(where: isUnsafe)
        else { return text }
        return text.unicodeScalars.map { isUnsafe($0) ? visible($0) : String($0) }.joined()
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            true
        default: false
        }
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        "\\u{" + String(scalar.value, radix: 16) + "}"
    }
}

extension TerminalText {
    /// As `escaped`, but line ends stay.
    package static func escapedLines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped(String($0)) }
            .joined(separator: "\n")
    }
}
