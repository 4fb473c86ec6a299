import SourceText

/// Cuts a setkey file into tokens.
struct Lexer {
    let file: SourceFile
    private let bytes: [UInt8]
    private var offset = 0
    /// Whether what comes is a policy, in which `+` and `-` stand for themselves.
    var isInPolicy = false

    init(_ file: SourceFile) {
        self.file = file
        bytes = file.bytes
    }

    /// Where the text ends.
    var end: SourceLocation {
        let used = bytes.lastIndex { !Self.isSpace($0) }.map { $0 + 1 } ?? 0
        return SourceLocation(file: file, offset: used, length: 0)
    }

    /// The next token.
    ///
    /// Throws for a string without its second quote.
    mutating func next() throws(Diagnostic) -> Token {
        skipSpaceAndComments()
        let start = offset
        guard start < bytes.count else { return Token(kind: .end, range: start..<start) }
        let byte = bytes[start]
        if byte == UInt8(ascii: "\"") { return try string() }
        if isMark(byte) {
            offset = start + 1
            return Token(kind: .mark(byte), range: start..<offset)
        }
        while offset < bytes.count, !endsWord(bytes[offset]) { offset += 1 }
        return Token(kind: .word, range: start..<offset)
    }

    /// All octets up to the next blank, comment, string or semicolon, as one word.
    ///
    /// nil if there are none before the end of the statement.
    mutating func nextRun() -> Token? {
        skipSpaceAndComments()
        let start = offset
        while offset < bytes.count, !endsRun(bytes[offset]) { offset += 1 }
        return offset > start ? Token(kind: .word, range: start..<offset) : nil
    }

    private mutating func skipSpaceAndComments() {
        while offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "#") {
                offset = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            } else if Self.isSpace(bytes[offset]) {
                offset += 1
            } else {
                return
            }
        }
    }

    /// A string may run over lines: it is a key, taken octet by octet.
    private mutating func string() throws(Diagnostic) -> Token {
        let start = offset
        guard let close = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "\"")) else {
            offset = bytes.count
            throw SourceLocation(file: file, offset: start, length: 1).error(
                "this string has no closing '\"'")
        }
        offset = close + 1
        return Token(kind: .string, range: start..<offset)
    }

    private func isMark(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ";"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "/"): true
        case UInt8(ascii: "+"), UInt8(ascii: "-"): isInPolicy
        default: false
        }
    }

    private func endsWord(_ byte: UInt8) -> Bool {
        isMark(byte) || Self.isSpace(byte) || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\"")
    }

    private func endsRun(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ";") || Self.isSpace(byte) || byte == UInt8(ascii: "#")
            || byte == UInt8(ascii: "\"")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
