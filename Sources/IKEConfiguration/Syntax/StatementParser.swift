import SourceText

/// Makes statements of tokens.
///
/// Knows braces and semicolons, not what a statement means, so that an error inside one statement never
/// reaches the next.
struct StatementParser {
    /// No statement needs more; a bound, so that no text can exhaust the stack.
    private static let deepestBlock = 6

    private var lexer: Lexer
    private var diagnostics = DiagnosticList()
    private var previous: SourceLocation?

    private init(_ file: SourceFile) {
        lexer = Lexer(file)
    }

    /// All statements of a text, and what is wrong with its braces, semicolons and quotes.
    static func parse(_ file: SourceFile) -> (statements: [Statement], diagnostics: DiagnosticList) {
        var parser = StatementParser(file)
        let statements = parser.statements(depth: 0, opening: nil)
        parser.diagnostics.append(contentsOf: parser.lexer.diagnostics)
        return (statements, parser.diagnostics)
    }

    private mutating func next() -> Token? {
        let token = lexer.next()
        if let token { previous = token.location }
        return token
    }

    /// Reads up to the closing brace, which it takes, or to the end of the text.
    private mutating func statements(depth: Int, opening: SourceLocation?) -> [Statement] {
        var statements: [Statement] = []
        var words: [Token] = []
        while true {
            let before = previous
            guard let token = next() else {
                close(words, at: before, because: "the end of the file", &statements)
                if let opening { diagnostics.append(opening.error("this '{' has no '}'")) }
                return statements
            }
            if token.isPunctuation("}") {
                close(words, at: before, because: "'}'", &statements)
                words = []
                guard opening == nil else { return statements }
                diagnostics.append(token.location.error("this '}' has no '{' before it"))
            } else if token.isPunctuation(";") {
                end(words, at: token, &statements)
                words = []
            } else if token.isPunctuation("{") {
                let block = block(after: token, depth: depth)
                if words.isEmpty {
                    diagnostics.append(token.location.error("expected a statement before '{'"))
                } else {
                    statements.append(Statement(words: words[...], block: block, end: token.location))
                }
                words = []
            } else {
                words.append(token)
            }
        }
    }

    private mutating func end(_ words: [Token], at semicolon: Token, _ statements: inout [Statement]) {
        if words.isEmpty {
            diagnostics.append(semicolon.location.warning("this ';' ends nothing; none is needed after '}'"))
        } else {
            statements.append(Statement(words: words[...], block: nil, end: semicolon.location))
        }
    }

    /// Ends a statement whose semicolon was forgotten.
    private mutating func close(
        _ words: [Token], at last: SourceLocation?, because what: String, _ statements: inout [Statement]
    ) {
        guard !words.isEmpty, let last else { return }
        diagnostics.append(last.end.error("expected ';' before \(what)"))
        statements.append(Statement(words: words[...], block: nil, end: last.end))
    }

    private mutating func block(after brace: Token, depth: Int) -> [Statement] {
        guard depth < Self.deepestBlock else {
            diagnostics.append(brace.location.error("blocks are nested too deeply; is a '}' missing above?"))
            skipBlock()
            return []
        }
        return statements(depth: depth + 1, opening: brace.location)
    }

    private mutating func skipBlock() {
        var open = 1
        while open > 0, let token = next() {
            if token.isPunctuation("{") { open += 1 }
            if token.isPunctuation("}") { open -= 1 }
        }
    }
}
