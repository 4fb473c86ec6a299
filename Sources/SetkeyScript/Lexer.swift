import SourceText

/// Cuts a setkey file into tokens.
struct Lexer {
    private let file: SourceFile
    private var offset = 0
    /// Whether what comes is a policy, in which `+` and `-` stand for themselves.
    var isInPolicy = false

    init(_ file: SourceFile) {
        self.file = file
    }

    /// Where the text ends.
    var end: SourceLocation {
        let used = file.bytes.lastIndex { !Self.isSpace($0) }.map { $0 + 1 } ?? 0
        return SourceLocation(file: file, offset: used, length: 0)
    }

    /// The next token, or nil at the end.
    ///
    /// Throws for a string without its second quote.
    mutating func next() throws(Diagnostic) -> Token? {
        skipSpaceAndComments()
        guard offset < file.bytes.count else { return nil }
        let start = offset
        let byte = file.bytes[start]
        if byte == UInt8(ascii: "\"") { return try string() }
        if isMark(byte) { return token(.mark, from: start, to: start + 1) }
        let end =
            file.bytes[start...].firstIndex {
                Self.isSpace($0) || isMark($0) || $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "\"")
            } ?? file.bytes.count
        return token(.word, from: start, to: end)
    }

    private mutating func skipSpaceAndComments() {
        while offset < file.bytes.count {
            if file.bytes[offset] == UInt8(ascii: "#") {
                offset = file.bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? file.bytes.count
            } else if Self.isSpace(file.bytes[offset]) {
                offset += 1
            } else {
                return
            }
        }
    }

    /// A string may run over lines: it is a key, taken octet by octet.
    private mutating func string() throws(Diagnostic) -> Token {
        let start = offset
        guard let close = file.bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "\"")) else {
            offset = file.bytes.count
            throw SourceLocation(file: file, offset: start, length: 1).error(
                "this string has no closing '\"'")
        }
        offset = close + 1
        return Token(
            kind: .string, text: String(decoding: file.bytes[(start + 1)..<close], as: UTF8.self),
            location: SourceLocation(file: file, offset: start, length: offset - start))
    }

    private mutating func token(_ kind: Token.Kind, from start: Int, to end: Int) -> Token {
        offset = end
        return Token(
            kind: kind, text: String(decoding: file.bytes[start..<end], as: UTF8.self),
            location: SourceLocation(file: file, offset: start, length: end - start))
    }

    private func isMark(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ";"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "/"): true
        case UInt8(ascii: "+"), UInt8(ascii: "-"): isInPolicy
        default: false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
