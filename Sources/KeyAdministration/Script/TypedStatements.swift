import SourceText

/// Cuts what is typed into texts of whole statements, each a file of its own with the line numbers it has in all.
struct TypedStatements {
    private var pending: [UInt8] = []
    /// Lines before `pending`.
    private var lines = 0
    /// Where the search for the end of a statement goes on in `pending`.
    private var position = 0
    /// Behind the last semicolon in `pending` that ends a statement.
    private var end = 0
    private var place = Place.statement

    private enum Place {
        case statement
        case string
        case comment
    }

    /// Takes more text; gives the statements that are whole now, if there are any.
    mutating func take(_ octets: [UInt8]) -> SourceFile? {
        pending += octets
        while position < pending.count {
            advance(over: pending[position])
            position += 1
        }
        return cut(end)
    }

    /// What is left when there is no more.
    mutating func finish() -> SourceFile? {
        pending.contains { $0 > 0x20 } ? cut(pending.count) : nil
    }

    private mutating func advance(over octet: UInt8) {
        switch (place, octet) {
        case (.statement, UInt8(ascii: ";")): end = position + 1
        case (.statement, UInt8(ascii: "\"")): place = .string
        case (.statement, UInt8(ascii: "#")): place = .comment
        case (.string, UInt8(ascii: "\"")), (.comment, UInt8(ascii: "\n")): place = .statement
        case (.statement, _), (.string, _), (.comment, _): break
        }
    }

    private mutating func cut(_ count: Int) -> SourceFile? {
        guard count > 0 else { return nil }
        let text = Array(pending[..<count])
        let file = SourceFile(
            name: "standard input", bytes: Array(repeating: UInt8(ascii: "\n"), count: lines) + text)
        lines += text.count { $0 == UInt8(ascii: "\n") }
        pending.removeFirst(count)
        position -= count
        end = 0
        return file
    }
}
