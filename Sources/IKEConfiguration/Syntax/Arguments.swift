import SourceText

/// What follows a statement's keyword, taken piece by piece.
///
/// Every take throws a message that says what was found and what was expected.
struct Arguments {
    let keyword: Token
    /// A slice, so that what a forgotten semicolon leaves over is not copied.
    private let words: ArraySlice<Token>
    private let end: SourceLocation
    private var index: Int
    private var block: [Statement]?

    init?(_ statement: Statement) {
        guard let keyword = statement.words.first else { return nil }
        self.keyword = keyword
        words = statement.words.dropFirst()
        index = words.startIndex
        block = statement.block
        end = statement.end
    }

    var next: Token? { index < words.endIndex ? words[index] : nil }
    var hasBlock: Bool { block != nil }

    /// Where the next token is, or where one is missing.
    var location: SourceLocation { next?.location ?? end }

    /// Where the whole statement is, from its keyword to the last token taken.
    var statementLocation: SourceLocation { location(from: keyword.location) }

    /// From a place to the last token taken.
    func location(from start: SourceLocation) -> SourceLocation {
        let last = last.location
        return SourceLocation(
            file: start.file, offset: start.offset, length: last.offset + last.length - start.offset)
    }

    /// The last token taken.
    private var last: Token { index > words.startIndex ? words[index - 1] : keyword }

    func expected(_ what: String) -> Diagnostic {
        guard let next else {
            return last.location.end.error("'\(keyword.text)' lacks \(what)")
        }
        return next.location.error("expected \(what), found \(next.shown)")
    }

    mutating func advance() {
        index += 1
    }

    /// Takes a word whatever it is.
    mutating func takeWord(_ what: String) throws(Diagnostic) -> Token {
        guard let next, next.kind == .word else { throw expected(what) }
        index += 1
        return next
    }

    /// Takes a quoted string that is not empty.
    mutating func takeString(_ what: String) throws(Diagnostic) -> Token {
        guard let next else { throw expected(what + " in quotes") }
        guard next.kind == .string else {
            let hint = next.kind == .word ? "; write \"\(next.text)\"" : ""
            throw next.location.error("expected \(what) in quotes, found \(next.shown)\(hint)")
        }
        guard !next.text.isEmpty else { throw next.location.error("\(what) is empty") }
        index += 1
        return next
    }

    mutating func takeOptionalString() -> Token? {
        guard let next, next.kind == .string else { return nil }
        index += 1
        return next
    }

    mutating func takeOptionalWord(_ words: String...) -> Token? {
        guard let next, next.kind == .word, words.contains(next.text) else { return nil }
        index += 1
        return next
    }

    mutating func takeOptionalPunctuation(_ mark: String) -> Bool {
        guard let next, next.isPunctuation(mark) else { return false }
        index += 1
        return true
    }

    mutating func takePunctuation(_ mark: String) throws(Diagnostic) {
        guard takeOptionalPunctuation(mark) else { throw expected("'\(mark)'") }
    }

    /// Takes one of a few words.
    mutating func takeChoice(_ choices: [String]) throws(Diagnostic) -> Token {
        let list = Self.list(choices)
        guard let next, next.kind == .word else { throw expected(list) }
        guard choices.contains(next.text) else {
            throw next.location.error(
                "expected \(list), found \(next.shown)\(Suggestion.hint(for: next.text, among: choices))")
        }
        index += 1
        return next
    }

    mutating func takeSwitch() throws(Diagnostic) -> Bool {
        try takeChoice(["on", "off"]).text == "on"
    }

    /// Takes a decimal number in a range.
    mutating func takeNumber(_ range: ClosedRange<Int>, _ what: String) throws(Diagnostic) -> Int {
        guard let next, next.kind == .word, Self.isDecimal(next.text) else { throw expected(what) }
        guard let value = Int(next.text), range.contains(value) else {
            throw next.location.error(
                "\(what) is \(next.text), expected \(range.lowerBound) to \(range.upperBound)")
        }
        index += 1
        return value
    }

    mutating func takeOptionalNumber(_ range: ClosedRange<Int>, _ what: String) throws(Diagnostic) -> Int? {
        guard let next, next.kind == .word, Self.isDecimal(next.text) else { return nil }
        return try takeNumber(range, what)
    }

    mutating func takeBlock() throws(Diagnostic) -> [Statement] {
        if let next { throw next.location.error("expected '{', found \(next.shown)") }
        guard let taken = block else {
            throw end.error("expected '{' to open the block of '\(keyword.text)'")
        }
        block = nil
        return taken
    }

    /// Checks that nothing is left.
    ///
    /// Words left on a later line that begin a known statement mean that a semicolon was forgotten: they come
    /// back as a statement of their own, with a message.
    func rest(known: some Sequence<String>) throws(Diagnostic) -> (statement: Statement, message: Diagnostic)?
    {
        guard let next else {
            if block != nil { throw end.error("'\(keyword.text)' has no block; expected ';'") }
            return nil
        }
        let last = last.location
        guard next.kind == .word, next.location.line > last.line, known.contains(next.text) else {
            throw next.location.error("expected ';', found \(next.shown)")
        }
        let statement = Statement(words: words[index...], block: block, end: end)
        return (statement, last.end.error("expected ';' after '\(keyword.text)'"))
    }

    static func list(_ choices: [String]) -> String {
        guard let last = choices.last, choices.count > 1 else { return choices.map { "'\($0)'" }.joined() }
        return choices.dropLast().map { "'\($0)'" }.joined(separator: ", ") + " or '\(last)'"
    }

    static func isDecimal(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
