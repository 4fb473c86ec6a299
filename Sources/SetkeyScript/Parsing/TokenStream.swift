import SourceText

/// The tokens of one file with one token of foresight, and takes that say what was expected.
struct TokenStream {
    private var lexer: Lexer
    private var ahead: Token?

    init(_ file: SourceFile) {
        lexer = Lexer(SourceFile(file, showing: SecretText.masked))
    }

    var file: SourceFile { lexer.file }
    var end: SourceLocation { lexer.end }

    /// The next token without taking it.
    mutating func peek() throws(Diagnostic) -> Token {
        if let ahead { return ahead }
        let token = try lexer.next()
        ahead = token
        return token
    }

    mutating func take() throws(Diagnostic) -> Token {
        let token = try peek()
        ahead = nil
        return token
    }

    func text(_ token: Token) -> String {
        String(decoding: file.bytes[token.content], as: UTF8.self)
    }

    func octets(_ token: Token) -> ArraySlice<UInt8> { file.bytes[token.content] }

    func location(_ token: Token) -> SourceLocation {
        token.kind == .end
            ? end : SourceLocation(file: file, offset: token.range.lowerBound, length: token.range.count)
    }

    /// From the start of one token to where the next one begins at the latest.
    mutating func place() throws(Diagnostic) -> SourceLocation { location(try peek()) }

    func `is`(_ token: Token, _ word: String) -> Bool {
        token.kind == .word && token.range.count == word.utf8.count
            && octets(token).elementsEqual(word.utf8)
    }

    /// Reads what follows as a policy.
    ///
    /// Call it before anything behind `-P` is looked at.
    mutating func enterPolicy() {
        lexer.isInPolicy = true
    }

    /// Skips to behind the next semicolon, whatever is in between.
    mutating func skipStatement() {
        lexer.isInPolicy = false
        while true {
            do throws(Diagnostic) {
                let token = try take()
                if token.kind == .mark(UInt8(ascii: ";")) || token.kind == .end { return }
            } catch {
                ahead = nil
            }
        }
    }

    mutating func expected(_ what: String) -> Diagnostic {
        do throws(Diagnostic) {
            let token = try peek()
            return location(token).error("expected \(what), found \(shown(token))")
        } catch {
            return error
        }
    }

    mutating func takeWord(_ what: @autoclosure () -> String) throws(Diagnostic) -> Token {
        let token = try peek()
        guard token.kind == .word else { throw expected(what()) }
        ahead = nil
        return token
    }

    mutating func takeString(_ what: @autoclosure () -> String) throws(Diagnostic) -> Token {
        let token = try peek()
        guard token.kind == .string else { throw expected(what()) }
        ahead = nil
        return token
    }

    mutating func takeOptionalMark(_ mark: Unicode.Scalar) throws(Diagnostic) -> Bool {
        guard try peek().kind == .mark(UInt8(ascii: mark)) else { return false }
        ahead = nil
        return true
    }

    mutating func takeOptionalWord(_ word: String) throws(Diagnostic) -> Token? {
        let token = try peek()
        guard self.is(token, word) else { return nil }
        ahead = nil
        return token
    }

    mutating func takeMark(_ mark: Unicode.Scalar) throws(Diagnostic) {
        guard try takeOptionalMark(mark) else { throw expected("'\(mark)'") }
    }

    mutating func takeEnd() throws(Diagnostic) {
        try takeMark(";")
        lexer.isInPolicy = false
    }

    /// Takes all up to the next blank as one word, whatever marks are in it.
    ///
    /// Nothing behind the last token may have been looked at.
    mutating func takeRun(_ what: String) throws(Diagnostic) -> Token {
        guard ahead == nil, let run = lexer.nextRun() else { throw expected(what) }
        return run
    }
}

/// How a message shows tokens.
extension TokenStream {
    private static let mostShown = 40

    /// The token as a message shows it; never a key.
    func shown(_ token: Token) -> String {
        switch token.kind {
        case .end: return "the end of the file"
        case .string: return "a string of \(token.content.count) octets"
        case .word, .mark:
            if Number.isHexadecimal(octets(token)), token.range.count > Number.longest {
                return "a hexadecimal value of \(token.range.count - 2) digits"
            }
            let text = SourceFile.printable(octets(token))
            return text.count > Self.mostShown ? "'\(text.prefix(Self.mostShown))…'" : "'\(text)'"
        }
    }
}
