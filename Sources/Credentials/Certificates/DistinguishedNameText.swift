/// Why a text is no distinguished name; a sentence that says what to write.
package struct DistinguishedNameError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

/// Reads names from text.
extension DistinguishedName {
    /// Reads `C=CH, O=Example, CN=gateway` or `/C=CH/O=Example/CN=gateway`, most significant first as written.
    ///
    /// A backslash takes the next character as it is; quotes may stand around a value; `+` joins attributes.
    package init(_ text: String) throws(DistinguishedNameError) {
        var scanner = NameScanner(text)
        var names: [[NameAttribute]] = []
        while let piece = try scanner.next() {
            let attribute = try Self.attribute(piece)
            if piece.joinsPrevious, !names.isEmpty {
                names[names.count - 1].append(attribute)
            } else {
                names.append([attribute])
            }
        }
        guard !names.isEmpty else {
            throw DistinguishedNameError(
                description: "an empty name; write attributes such as \"C=CH, O=Example, CN=gateway\"")
        }
        self.init(names)
    }

    private static func attribute(_ piece: NameScanner.Piece) throws(DistinguishedNameError) -> NameAttribute
    {
        let known = NameAttribute.names.first { $0.name.lowercased() == piece.name.lowercased() }
        guard let type = known?.type else {
            throw DistinguishedNameError(
                description: "`\(piece.name)` is no attribute of a name; known are "
                    + NameAttribute.names.map(\.name).joined(separator: ", "))
        }
        guard !piece.value.isEmpty else {
            throw DistinguishedNameError(
                description:
                    "`\(piece.name)=` has no value; write one, or * for any where a pattern is allowed")
        }
        return NameAttribute(type: type, text: piece.value)
    }
}

/// Splits the text of a name into attributes.
private struct NameScanner {
    struct Piece {
        var name: String
        var value: String
        var joinsPrevious: Bool
    }

    private var rest: Substring
    private let separator: Character
    private var joins = false

    init(_ text: String) {
        rest = text[...]
        separator = text.hasPrefix("/") ? "/" : ","
        if separator == "/" { rest.removeFirst() }
    }

    mutating func next() throws(DistinguishedNameError) -> Piece? {
        rest = rest.drop { $0 == " " }
        guard !rest.isEmpty else { return nil }
        guard let equals = rest.firstIndex(of: "=") else {
            throw DistinguishedNameError(
                description: "`\(rest)` has no `=`; write attributes such as CN=gateway")
        }
        let name = String(rest[..<equals]).trimmingBlanks
        rest = rest[equals...].dropFirst()
        let joined = joins
        let value = try takeValue()
        return Piece(name: name, value: value, joinsPrevious: joined)
    }

    private mutating func takeValue() throws(DistinguishedNameError) -> String {
        rest = rest.drop { $0 == " " }
        var value = ""
        var keptCount = 0
        var isQuoted = false
        joins = false
        while let character = rest.popFirst() {
            if character == "\\" {
                guard let next = rest.popFirst() else {
                    throw DistinguishedNameError(description: "a backslash at the end; write \\\\ for one")
                }
                value.append(next)
                keptCount = value.count
            } else if character == "\"" {
                isQuoted.toggle()
                keptCount = value.count
            } else if !isQuoted, character == separator || character == "+" {
                joins = character == "+"
                break
            } else {
                value.append(character)
                if isQuoted || character != " " { keptCount = value.count }
            }
        }
        guard !isQuoted else {
            throw DistinguishedNameError(description: "a quote is not closed; add the second \"")
        }
        return String(value.prefix(keptCount))
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let start = drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }
}
