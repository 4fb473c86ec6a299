/// A statement as setkey's language writes it, word by word.
struct StatementText {
    private var words: [String]

    init(_ keyword: String) {
        words = [keyword]
    }

    mutating func append(_ word: String) {
        if !word.isEmpty { words.append(word) }
    }

    /// `FLAG VALUE`.
    mutating func append(_ flag: String, _ value: some CustomStringConvertible) {
        words += [flag, value.description]
    }

    /// `-o NAME` or `-o NAME=VALUE`.
    mutating func appendOption(_ name: String, _ value: String? = nil) {
        words += ["-o", value.map { "\(name)=\($0)" } ?? name]
    }

    /// Whether anything stands behind the keyword.
    var hasArguments: Bool { words.count > 1 }

    /// One line with the semicolon.
    var text: String { words.joined(separator: " ") + ";" }

    static func quoted(_ text: String) -> String { "\"\(text)\"" }
}

extension Statement {
    /// The statement on one line, with keys: a reader of it gets an equal one.
    package var text: String {
        var text = StatementText(keyword)
        switch kind {
        case .addAssociation(let stated), .updateAssociation(let stated), .getAssociation(let stated),
            .allocateSPI(let stated), .deleteAssociation(let stated):
            text.append(stated)
        case .deleteAllAssociations(let group):
            text.append(group.names.text)
            text.append(group.source.text)
            text.append(group.destination.text)
            text.append(group.protocol.rawValue)
        case .flushAssociations(let word), .dumpAssociations(let word):
            text.append(word.rawValue)
        case .addPolicy(let policy), .updatePolicy(let policy):
            text.append(policy)
        case .deletePolicy(let subject, let direction):
            text.append(subject)
            text.append("-P", direction.word)
        case .flushPolicies, .dumpPolicies, .exit: break
        }
        return text.text
    }
}
