import SourceText

/// The statements that one kind of block may hold, and what each does to the draft of that block.
struct Vocabulary<Target>: Sendable {
    typealias Action = @Sendable (inout Target, inout Arguments, Session) throws(Diagnostic) -> Void

    /// What is done with one statement.
    struct Rule: Sendable {
        /// Whether the statement may stand more than once in a block.
        var isRepeatable: Bool
        var action: Action

        init(isRepeatable: Bool = false, action: @escaping Action) {
            self.isRepeatable = isRepeatable
            self.action = action
        }
    }

    /// Where the statements stand, as a message says it: `in a remote block`.
    let place: String
    let rules: [String: Rule]

    /// Applies statements in order; what is wrong with one is reported and does not keep the others from counting.
    func apply(_ statements: [Statement], to target: inout Target, _ session: Session) {
        var seen: [String: SourceLocation] = [:]
        for statement in statements {
            var rest: Statement? = statement
            while let current = rest {
                rest = nil
                do throws(Diagnostic) {
                    rest = try apply(current, to: &target, &seen, session)
                } catch {
                    session.report(error)
                }
            }
        }
    }

    /// Gives back what follows a forgotten semicolon.
    private func apply(
        _ statement: Statement, to target: inout Target, _ seen: inout [String: SourceLocation],
        _ session: Session
    ) throws(Diagnostic) -> Statement? {
        guard var arguments = Arguments(statement) else { return nil }
        let keyword = arguments.keyword
        guard keyword.kind == .word, let rule = rules[keyword.text] else { throw unknown(keyword) }
        if let first = seen[keyword.text], !rule.isRepeatable {
            throw keyword.location.error(
                "'\(keyword.text)' is given twice \(place), first on line \(first.line)")
        }
        seen[keyword.text] = keyword.location
        try rule.action(&target, &arguments, session)
        guard let (rest, message) = try arguments.rest(known: rules.keys) else { return nil }
        session.report(message)
        return rest
    }

    private func unknown(_ keyword: Token) -> Diagnostic {
        guard keyword.kind == .word else {
            return keyword.location.error("expected a statement \(place), found \(keyword.shown)")
        }
        var hint = Suggestion.hint(for: keyword.text, among: rules.keys)
        let places = Grammar.places(of: keyword.text)
        if !places.isEmpty { hint = "; it belongs \(places.joined(separator: " or "))" }
        return keyword.location.error("unknown statement \(keyword.shown) \(place)\(hint)")
    }
}

extension Vocabulary.Rule {
    /// A statement that is checked but changes nothing yet.
    static func inert(
        isRepeatable: Bool = false, _ check: @escaping @Sendable (inout Arguments) throws(Diagnostic) -> Void
    ) -> Self {
        Self(isRepeatable: isRepeatable) { (_, arguments, session) throws(Diagnostic) in
            try check(&arguments)
            session.notInEffect(arguments)
        }
    }

    /// A statement that changes nothing yet, one of whose words asks for what is done anyway.
    static func inert(_ choices: [String], unless usual: String) -> Self {
        Self { (_, arguments, session) throws(Diagnostic) in
            let choice = try arguments.takeChoice(choices)
            if choice.text != usual { session.notInEffect(arguments) }
        }
    }

    /// A switch that changes nothing yet, one of whose positions is what is done anyway.
    static func inertSwitch(usually usual: String) -> Self { .inert(["on", "off"], unless: usual) }
}
