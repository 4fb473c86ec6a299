package import Cryptography
package import KeyMaterial

/// The RSA keys of racoon's plain files and of FreeS/WAN's ipsec.secrets.
///
/// An entry is `SELECTORS : RSA { Name: value … }` with eight numbers, or `SELECTORS : PUB value`; values are `0x` and
/// hexadecimal or `0s` and base64; `#` starts a comment.
package enum RSAKeyText {
    package enum Key: Sendable {
        case privateKey(PrivateKey)
        case publicKey(PublicKey)
    }

    package struct Entry: Sendable {
        /// Whom the key is for, as written in front of the colon: addresses, names, `any`.
        package let selectors: [String]
        package let key: Key
        /// Where the entry starts.
        package let line: Int
    }

    /// Reads all entries of `file`, whose name is for messages.
    package static func entries(
        _ content: borrowing SecretBytes, file: String
    ) throws(CredentialFileFailure) -> [Entry] {
        let result: Result<[Entry], CredentialFileFailure> = content.withSpan { span in
            do throws(CredentialFileFailure) {
                return .success(try entries(span, file))
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func entries(
        _ text: Span<UInt8>, _ file: String
    ) throws(CredentialFileFailure) -> [Entry] {
        var words = KeyTextWords()
        var entries: [Entry] = []
        while let first = words.next(text) {
            let selectors = try takeSelectors(first, &words, text, file)
            let kind = try takeWord("RSA or PUB", &words, text, file)
            let key: Key
            switch words.spelling(kind, text) {
            case "RSA", "rsa": key = .privateKey(try takePrivateKey(kind.line, &words, text, file))
            case "PUB", "pub": key = .publicKey(try takePublicKey(&words, text, file))
            case let other:
                throw unexpected(
                    "`\(other)`", "RSA or PUB", "pre-shared keys go into the file of pre-shared keys",
                    kind.line,
                    file)
            }
            entries.append(Entry(selectors: selectors, key: key, line: first.line))
        }
        return entries
    }

    /// What stands in front of the colon, which may touch the last selector.
    private static func takeSelectors(
        _ first: KeyTextWords.Word, _ words: inout KeyTextWords, _ text: Span<UInt8>, _ file: String
    ) throws(CredentialFileFailure) -> [String] {
        var selectors: [String] = []
        var word = first
        while true {
            let spelling = words.spelling(word, text)
            if spelling == ":" { return selectors }
            guard selectors.count < 8, word.line == first.line else {
                throw unexpected("no colon", "`:` behind the selectors", "write `: RSA {`", first.line, file)
            }
            if spelling.hasSuffix(":") { return selectors + [String(spelling.dropLast())] }
            selectors.append(spelling)
            word = try takeWord("`:`", &words, text, file)
        }
    }

    private static let names = [
        "modulus", "publicexponent", "privateexponent", "prime1", "prime2", "exponent1", "exponent2",
        "coefficient",
    ]

    private static func takePrivateKey(
        _ line: Int, _ words: inout KeyTextWords, _ text: Span<UInt8>, _ file: String
    ) throws(CredentialFileFailure) -> PrivateKey {
        let brace = try takeWord("`{`", &words, text, file)
        guard words.spelling(brace, text) == "{" else {
            throw unexpected("something else", "`{` behind RSA", "write `: RSA {`", brace.line, file)
        }
        var values: [String: Range<Int>] = [:]
        while true {
            let name = try takeWord("`}`", &words, text, file)
            let spelling = words.spelling(name, text)
            if spelling == "}" { break }
            let key = spelling.dropLast().lowercased()
            guard spelling.hasSuffix(":"), names.contains(key), values[key] == nil else {
                throw unexpected(
                    "an unknown or repeated name",
                    "one of Modulus:, PublicExponent:, PrivateExponent:, Prime1:, "
                        + "Prime2:, Exponent1:, Exponent2:, Coefficient:", "correct the name", name.line, file
                )
            }
            values[key] = try takeWord("a number", &words, text, file).range
        }
        return try privateKey(values, line, text, file)
    }

    private static func privateKey(
        _ values: [String: Range<Int>], _ line: Int, _ text: Span<UInt8>, _ file: String
    ) throws(CredentialFileFailure) -> PrivateKey {
        func number(_ name: String) throws(CredentialFileFailure) -> SecretBytes {
            guard let range = values[name] else {
                throw unexpected("no \(name)", "eight numbers", "copy the whole key again", line, file)
            }
            guard let number = value(text.extracting(range)) else {
                throw unexpected(
                    "a \(name) that is no number", "0x and hexadecimal or 0s and base64",
                    "copy the key again", line,
                    file)
            }
            return number
        }
        let n = try number("modulus")
        let e = try number("publicexponent")
        let d = try number("privateexponent")
        let p = try number("prime1")
        let q = try number("prime2")
        let dp = try number("exponent1")
        let dq = try number("exponent2")
        let qi = try number("coefficient")
        do throws(KeyFailure) {
            return try PrivateKey(
                modulus: n, publicExponent: e, privateExponent: d, prime1: p, prime2: q, exponent1: dp,
                exponent2: dq, coefficient: qi)
        } catch { throw CredentialFileFailure(file, line: line, .key(error)) }
    }

    private static func takePublicKey(
        _ words: inout KeyTextWords, _ text: Span<UInt8>, _ file: String
    ) throws(CredentialFileFailure) -> PublicKey {
        let word = try takeWord("a public key", &words, text, file)
        do throws(KeyFailure) {
            return try PublicKey(recordText: text.extracting(word.range))
        } catch { throw CredentialFileFailure(file, line: word.line, .key(error)) }
    }

    private static func takeWord(
        _ expected: String, _ words: inout KeyTextWords, _ text: Span<UInt8>, _ file: String
    ) throws(CredentialFileFailure) -> KeyTextWords.Word {
        guard let word = words.next(text) else {
            throw unexpected("the end of the file", expected, "complete the entry", words.line, file)
        }
        return word
    }

    private static func unexpected(
        _ found: String, _ expected: String, _ advice: String, _ line: Int, _ file: String
    ) -> CredentialFileFailure {
        CredentialFileFailure(
            file, line: line, .unexpected(found: found, expected: expected, advice: advice))
    }

    /// A number as the octets it spells.
    static func value(_ text: Span<UInt8>) -> SecretBytes? {
        guard text.count > 2, text[0] == UInt8(ascii: "0") else { return nil }
        let digits = text.extracting(droppingFirst: 2)
        return switch text[1] {
        case UInt8(ascii: "x"), UInt8(ascii: "X"): SecretBytes.decoding(hexadecimal: digits)
        case UInt8(ascii: "s"), UInt8(ascii: "S"): SecretBytes.decoding(base64: digits)
        default: nil
        }
    }
}

/// Words between blanks, comments left out.
struct KeyTextWords {
    struct Word {
        let range: Range<Int>
        let line: Int
    }

    private var position = 0
    private(set) var line = 1

    init() {}

    mutating func next(_ text: Span<UInt8>) -> Word? {
        skip(text)
        guard position < text.count else { return nil }
        let start = position
        while position < text.count, !Self.isBlank(text[position]), text[position] != UInt8(ascii: "#") {
            position += 1
        }
        return Word(range: start..<position, line: line)
    }

    /// A word as text, cut short: names are short, and numbers are not read so.
    func spelling(_ word: Word, _ text: Span<UInt8>) -> String {
        var octets: [UInt8] = []
        for index in word.range.prefix(128) {
            octets.append((0x21...0x7e).contains(text[index]) ? text[index] : UInt8(ascii: "?"))
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private mutating func skip(_ text: Span<UInt8>) {
        var isComment = false
        while position < text.count {
            let octet = text[position]
            if octet == UInt8(ascii: "\n") {
                line += 1
                isComment = false
            } else if octet == UInt8(ascii: "#") {
                isComment = true
            } else if !isComment, !Self.isBlank(octet) {
                return
            }
            position += 1
        }
    }

    private static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || (0x09...0x0d).contains(octet) }
}
