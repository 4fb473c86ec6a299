/// Reads one JSON value, and nothing else, from octets that somebody else wrote.
package struct JSONReader {
    /// Arrays and objects inside one another.
    package static let maximumDepth = 16

    private let octets: [UInt8]
    private var position = 0

    /// Reads a whole text; white space around the value is allowed.
    package static func read(_ octets: [UInt8], maximumSize: Int = .max) throws(JSONError) -> JSONValue {
        guard octets.count <= maximumSize else { throw JSONError(.tooLong, at: maximumSize) }
        var reader = JSONReader(octets: octets)
        let value = try reader.value(depth: 0)
        reader.skipWhiteSpace()
        guard reader.position == octets.count else { throw JSONError(.trailingOctets, at: reader.position) }
        return value
    }

    private init(octets: [UInt8]) {
        self.octets = octets
    }

    // MARK: octets

    private var current: UInt8? { position < octets.count ? octets[position] : nil }

    private mutating func next() throws(JSONError) -> UInt8 {
        guard let octet = current else { throw JSONError(.truncated, at: position) }
        position += 1
        return octet
    }

    private mutating func skipWhiteSpace() {
        while let octet = current, [0x20, 0x09, 0x0a, 0x0d].contains(octet) { position += 1 }
    }

    private mutating func take(_ octet: Character) -> Bool {
        guard let current, current == octet.asciiValue else { return false }
        position += 1
        return true
    }

    private func unexpected() -> JSONError {
        current.map { JSONError(.unexpectedOctet($0), at: position) } ?? JSONError(.truncated, at: position)
    }

    // MARK: values

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipWhiteSpace()
        guard let first = current else { throw JSONError(.truncated, at: position) }
        switch first {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for octet in word.utf8 {
            guard current == octet else { throw unexpected() }
            position += 1
        }
        return value
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        _ = take("-")
        let digits = position
        while let octet = current, isDigit(octet) { position += 1 }
        guard position > digits else { throw unexpected() }
        if let octet = current, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(octet) {
            throw JSONError(.invalidNumber, at: start)
        }
        let hasLeadingZero = octets[digits] == UInt8(ascii: "0") && position - digits > 1
        let text = String(decoding: octets[start..<position], as: UTF8.self)
        guard !hasLeadingZero, let number = Int64(text) else { throw JSONError(.invalidNumber, at: start) }
        return .integer(number)
    }

    private func isDigit(_ octet: UInt8) -> Bool { (0x30...0x39).contains(octet) }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        try enter(depth)
        var values: [JSONValue] = []
        skipWhiteSpace()
        if take("]") { return .array([]) }
        while true {
            values.append(try value(depth: depth + 1))
            skipWhiteSpace()
            if take("]") { return .array(values) }
            guard take(",") else { throw unexpected() }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        try enter(depth)
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        skipWhiteSpace()
        if take("}") { return .object([]) }
        while true {
            let member = try member(depth: depth)
            guard names.insert(member.name).inserted else {
                throw JSONError(.duplicateName(member.name), at: position)
            }
            members.append(member)
            skipWhiteSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw unexpected() }
        }
    }

    private mutating func member(depth: Int) throws(JSONError) -> JSONValue.Member {
        skipWhiteSpace()
        guard current == UInt8(ascii: "\"") else { throw unexpected() }
        let name = try string()
        skipWhiteSpace()
        guard take(":") else { throw unexpected() }
        return JSONValue.Member(name, try value(depth: depth + 1))
    }

    /// Steps over the opening bracket.
    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth < Self.maximumDepth else { throw JSONError(.tooDeep, at: position) }
        position += 1
    }

    // MARK: strings

    private mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        var utf8: [UInt8] = []
        while true {
            let octet = try next()
            switch octet {
            case UInt8(ascii: "\""):
                guard let text = String(validating: utf8, as: UTF8.self) else {
                    throw JSONError(.invalidString, at: start)
                }
                return text
            case UInt8(ascii: "\\"): utf8.append(contentsOf: try escape())
            case 0..<0x20: throw JSONError(.invalidString, at: position - 1)
            default: utf8.append(octet)
            }
        }
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        let octet = try next()
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [octet]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try escapedScalar()).utf8)
        default: throw JSONError(.unexpectedOctet(octet), at: position - 1)
        }
    }

    /// The scalar of `\uXXXX`, or of the surrogate pair `\uD8XX\uDCXX`, after the first `u`.
    private mutating func escapedScalar() throws(JSONError) -> Character {
        let start = position
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return Character(scalar) }
        guard (0xd800...0xdbff).contains(first), take("\\"), take("u") else {
            throw JSONError(.invalidString, at: start)
        }
        let second = try hexadecimal()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw JSONError(.invalidString, at: start) }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let octet = try next()
            guard let digit = Character(Unicode.Scalar(octet)).hexDigitValue, octet < 0x80 else {
                throw JSONError(.invalidString, at: position - 1)
            }
            value = value << 4 | UInt32(truncatingIfNeeded: digit)
        }
        return value
    }
}
