package import SourceText

/// Reads setkey's language one statement after the other, however long the file is.
package struct StatementReader {
    static let keywords = [
        "add", "update", "get", "getspi", "delete", "deleteall", "flush", "dump", "spdadd", "spdupdate",
        "spddelete", "spdflush", "spddump", "exit", "quit", "bye",
    ]

    private var tokens: TokenStream
    private var isAtEnd = false

    package init(_ file: SourceFile) {
        tokens = TokenStream(file)
    }

    /// The next statement, or nil at the end or behind `exit`.
    ///
    /// After an error the reader stands behind the statement that has it, and can go on.
    package mutating func next() throws(Diagnostic) -> Statement? {
        guard !isAtEnd else { return nil }
        do throws(Diagnostic) {
            return try statement()
        } catch {
            tokens.skipStatement()
            throw error
        }
    }

    private mutating func statement() throws(Diagnostic) -> Statement? {
        while try tokens.takeOptionalMark(";") {}
        guard try tokens.peek().kind != .end else {
            isAtEnd = true
            return nil
        }
        let keyword = try tokens.takeWord("a statement")
        let kind = try kind(keyword)
        try tokens.takeEnd()
        if case .exit = kind { isAtEnd = true }
        return Statement(kind, at: tokens.location(keyword))
    }

    private mutating func kind(_ keyword: Token) throws(Diagnostic) -> Statement.Kind {
        switch tokens.text(keyword) {
        case "spdadd": return .addPolicy(try tokens.takePolicyStatement())
        case "spdupdate": return .updatePolicy(try tokens.takePolicyStatement())
        case "spddelete": return try tokens.takePolicyDeletion()
        case "spdflush": return .flushPolicies
        case "spddump": return .dumpPolicies
        case "exit", "quit", "bye": return .exit
        default: return try associationKind(keyword)
        }
    }

    private mutating func associationKind(_ keyword: Token) throws(Diagnostic) -> Statement.Kind {
        switch tokens.text(keyword) {
        case "add": return .addAssociation(try tokens.takeKeyedAssociation(after: keyword))
        case "update": return .updateAssociation(try tokens.takeKeyedAssociation(after: keyword))
        case "get": return .getAssociation(try tokens.takeAssociation(.reference))
        case "getspi": return .allocateSPI(try tokens.takeAssociation(.reference))
        case "delete": return .deleteAssociation(try tokens.takeAssociation(.reference))
        case "deleteall": return .deleteAllAssociations(try tokens.takeAssociationGroup())
        case "flush": return .flushAssociations(try tokens.takeProtocolAlone())
        case "dump": return .dumpAssociations(try tokens.takeProtocolAlone())
        default:
            throw tokens.location(keyword).error(
                "unknown statement \(tokens.shown(keyword))"
                    + Suggestion.hint(for: tokens.text(keyword), among: Self.keywords))
        }
    }
}

/// Reads a whole file of setkey's language.
package enum StatementParser {
    /// All statements up to `exit`, and what is wrong with those that are left out.
    package static func parse(_ file: SourceFile) -> (statements: [Statement], diagnostics: DiagnosticList) {
        var reader = StatementReader(file)
        var statements: [Statement] = []
        var diagnostics = DiagnosticList()
        while true {
            do throws(Diagnostic) {
                guard let statement = try reader.next() else { return (statements, diagnostics) }
                statements.append(statement)
            } catch {
                diagnostics.append(error)
            }
        }
    }
}
