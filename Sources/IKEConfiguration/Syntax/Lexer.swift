import SourceText

/// Cuts the text into tokens.
///
/// What a word means is for the statement it stands in: racoon's words depend on context.
struct Lexer {
    private let file: SourceFile
    private var offset = 0
    private(set) var diagnostics = DiagnosticList()

    init(_ file: SourceFile) {
        self.file = file
        if file.bytes.starts(with: [0xef, 0xbb, 0xbf]) { offset = 3 }
    }

    /// The end of the text, for messages about what is missing there.
    var end: SourceLocation {
        let used = file.bytes.lastIndex { !Self.isSpace($0) }.map { $0 + 1 } ?? 0
        return SourceLocation(file: file, offset: used, length: 0)
    }

    /// The next token, or nil at the end.
    mutating func next() -> Token? {
        skipSpaceAndComments()
        guard offset < file.bytes.count else { return nil }
        let byte = file.bytes[offset]
        if byte == UInt8(ascii: "\"") { return string() }
        if Self.isPunctuation(byte) { return token(.punctuation, from: offset, to: offset + 1) }
        return word()
    }

    private mutating func skipSpaceAndComments() {
        while offset < file.bytes.count {
            if file.bytes[offset] == UInt8(ascii: "#") {
                offset = endOfLine(from: offset)
            } else if Self.isSpace(file.bytes[offset]) {
                offset += 1
            } else {
                return
            }
        }
    }

    private mutating func word() -> Token {
        let end =
            file.bytes[offset...].firstIndex {
                Self.isSpace($0) || Self.isPunctuation($0) || $0 == UInt8(ascii: "#")
                    || $0 == UInt8(ascii: "\"")
            } ?? file.bytes.count
        return token(.word, from: offset, to: end)
    }

    /// A string ends on its line: what runs on is nearly always a forgotten quote.
    private mutating func string() -> Token {
        let start = offset
        let stop = file.bytes[(start + 1)...].firstIndex {
            $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n")
        }
        guard let close = stop, file.bytes[close] == UInt8(ascii: "\"") else {
            let lineEnd = stop ?? file.bytes.count
            let location = SourceLocation(file: file, offset: start, length: lineEnd - start)
            diagnostics.append(location.error("this string has no closing '\"' on its line"))
            // Read on as if it were closed before the line's ';', so that one slip makes one message.
            let content = file.bytes[(start + 1)..<lineEnd]
            let last = content.lastIndex { !Self.isSpace($0) }
            let end = last.flatMap { content[$0] == UInt8(ascii: ";") ? $0 : nil } ?? lineEnd
            return token(.string, from: start + 1, to: end)
        }
        offset = close + 1
        let text = String(decoding: file.bytes[(start + 1)..<close], as: UTF8.self)
        return Token(
            kind: .string, text: text,
            location: SourceLocation(file: file, offset: start, length: offset - start))
    }

    private mutating func token(_ kind: Token.Kind, from start: Int, to end: Int) -> Token {
        offset = end
        return Token(
            kind: kind, text: String(decoding: file.bytes[start..<end], as: UTF8.self),
            location: SourceLocation(file: file, offset: start, length: end - start))
    }

    private func endOfLine(from start: Int) -> Int {
        file.bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? file.bytes.count
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ";"),
            UInt8(ascii: ","), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
