import IPsec
import SourceText

/// The tokens of one file with one token of foresight, and takes that say what was expected.
struct TokenStream {
    private var lexer: Lexer
    private var ahead: Token?
    private var hasAhead = false

    init(_ file: SourceFile) {
        lexer = Lexer(file)
    }

    var end: SourceLocation { lexer.end }

    /// The next token without taking it.
    mutating func peek() throws(Diagnostic) -> Token? {
        if !hasAhead {
            ahead = try lexer.next()
            hasAhead = true
        }
        return ahead
    }

    mutating func take() throws(Diagnostic) -> Token? {
        let token = try peek()
        hasAhead = false
        return token
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
                guard let token = try take(), !token.isMark(";") else { return }
            } catch {
                hasAhead = false
            }
        }
    }

    mutating func expected(_ what: String) -> Diagnostic {
        do throws(Diagnostic) {
            guard let token = try peek() else {
                return end.error("expected \(what), found the end of the file")
            }
            return token.location.error("expected \(what), found \(token.shown)")
        } catch {
            return error
        }
    }

    mutating func takeWord(_ what: String) throws(Diagnostic) -> Token {
        guard let token = try peek(), token.kind == .word else { throw expected(what) }
        hasAhead = false
        return token
    }

    mutating func takeOptionalMark(_ mark: String) throws(Diagnostic) -> Bool {
        guard let token = try peek(), token.isMark(mark) else { return false }
        hasAhead = false
        return true
    }

    mutating func takeOptionalWord(where isWanted: (String) -> Bool) throws(Diagnostic) -> Token? {
        guard let token = try peek(), token.kind == .word, isWanted(token.text) else { return nil }
        hasAhead = false
        return token
    }

    mutating func takeMark(_ mark: String) throws(Diagnostic) {
        guard try takeOptionalMark(mark) else { throw expected("'\(mark)'") }
    }

    mutating func takeEnd() throws(Diagnostic) {
        try takeMark(";")
        lexer.isInPolicy = false
    }

    /// Takes a number; `0x` begins a hexadecimal one.
    mutating func takeNumber(_ range: ClosedRange<Int>, _ what: String) throws(Diagnostic) -> Int {
        let token = try takeWord(what)
        guard let value = Self.number(token.text) else {
            throw token.location.error("expected \(what), found \(token.shown)")
        }
        guard range.contains(value) else {
            throw token.location.error(
                "\(what) is \(token.text), expected \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    static func number(_ text: String) -> Int? {
        guard text.utf8.first.map({ (0x30...0x39).contains($0) }) ?? false else { return nil }
        let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
        let digits = isHexadecimal ? text.dropFirst(2) : text[...]
        guard digits.utf8.first != UInt8(ascii: "-"), digits.utf8.first != UInt8(ascii: "+") else {
            return nil
        }
        return Int(digits, radix: isHexadecimal ? 16 : 10)
    }

    /// Takes a numeric address; an interface behind `%` is refused, as the kernel's selectors have none.
    mutating func takeAddress(_ what: String) throws(Diagnostic) -> IPAddress {
        let token = try takeWord(what)
        guard let address = IPAddress(token.text) else {
            let reason =
                token.text.contains("%")
                ? "an interface cannot be part of it" : "host names are not looked up"
            throw token.location.error("expected \(what), found \(token.shown); \(reason)")
        }
        return address
    }

    /// Takes `[N]` or `[any]`, if it is there; 0 is any.
    mutating func takePort() throws(Diagnostic) -> UInt16? {
        guard try takeOptionalMark("[") else { return nil }
        if try takeOptionalWord(where: { $0 == "any" }) != nil {
            try takeMark("]")
            return 0
        }
        let port = try takeNumber(0...65535, "a port number")
        try takeMark("]")
        return UInt16(truncatingIfNeeded: port)
    }
}
