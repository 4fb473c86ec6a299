package import SourceText

/// Reads setkey's language.
package struct StatementParser {
    private static let associationKeywords = ["add", "get", "delete", "deleteall", "getspi", "update"]
    private static let keywords =
        associationKeywords + [
            "flush", "dump", "spdadd", "spdupdate", "spddelete", "spdflush", "spddump", "exit", "quit", "bye",
        ]

    private var tokens: TokenStream
    private var diagnostics = DiagnosticList()

    private init(_ file: SourceFile) {
        tokens = TokenStream(file)
    }

    /// All statements up to `exit`, and what is wrong with those that are left out.
    package static func parse(_ file: SourceFile) -> (statements: [Statement], diagnostics: DiagnosticList) {
        var parser = StatementParser(file)
        let statements = parser.statements()
        return (statements, parser.diagnostics)
    }

    private mutating func statements() -> [Statement] {
        var statements: [Statement] = []
        while true {
            do throws(Diagnostic) {
                guard let statement = try statement() else { return statements }
                statements.append(statement)
                if statement.kind == .exit { return statements }
            } catch {
                diagnostics.append(error)
                tokens.skipStatement()
            }
        }
    }

    private mutating func statement() throws(Diagnostic) -> Statement? {
        while try tokens.takeOptionalMark(";") {}
        guard try tokens.peek() != nil else { return nil }
        let keyword = try tokens.takeWord("a statement")
        let kind = try kind(keyword)
        return Statement(kind: kind, location: keyword.location)
    }

    private mutating func kind(_ keyword: Token) throws(Diagnostic) -> Statement.Kind {
        switch keyword.text {
        case "spdadd": return .addPolicy(try tokens.takePolicyStatement())
        case "spdupdate": return .updatePolicy(try tokens.takePolicyStatement())
        case "spddelete": return try tokens.takePolicyDeletion()
        case "spdflush": return try simple(.flushPolicies)
        case "spddump": return try simple(.dumpPolicies)
        case "exit", "quit", "bye": return try simple(.exit)
        case "flush": return try withProtocol(.flushAssociations)
        case "dump": return try withProtocol(.dumpAssociations)
        case let word where Self.associationKeywords.contains(word):
            tokens.skipStatement()
            return .association(word)
        default:
            throw keyword.location.error(
                "unknown statement \(keyword.shown)\(Suggestion.hint(for: keyword.text, among: Self.keywords))"
            )
        }
    }

    private mutating func simple(_ kind: Statement.Kind) throws(Diagnostic) -> Statement.Kind {
        try tokens.takeEnd()
        return kind
    }

    private mutating func withProtocol(_ kind: Statement.Kind) throws(Diagnostic) -> Statement.Kind {
        let known = ["esp", "ah", "ipcomp", "esp-old", "ah-old", "esp-udp", "tcp"]
        _ = try tokens.takeOptionalWord(where: { known.contains($0) })
        return try simple(kind)
    }
}
