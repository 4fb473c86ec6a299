import Algorithms
import SourceText

extension Arguments {
    /// racoon's words for what this program does not have.
    private static let foreignCiphers: Set<String> = [
        "des_iv64", "des_iv32", "idea", "3idea", "rc4", "rc5", "twofish",
    ]
    private static let foreignAuthenticators: Set<String> = [
        "des_mac", "kpdk", "non_auth",
    ]

    /// Takes `ALG [bits]`, also written together as in `aes256`.
    mutating func takeCipher(
        among algorithms: [EncryptionAlgorithm], elsewhere: String, _ session: Session
    ) throws(Diagnostic) -> CipherChoice {
        let token = try takeWord("an encryption algorithm: \(Self.words(algorithms.map(\.keywords)))")
        let known = algorithms.flatMap(\.keywords)
        var word = token.text
        var glued: Substring?
        if !known.contains(word), let base = known.first(where: { Self.isGlued(word, to: $0) }) {
            glued = word.dropFirst(base.count)
            word = base
        }
        guard let algorithm = algorithms.first(where: { $0.keywords.contains(word) }) else {
            let isElsewhere = Catalogue.encryption(keyword: word) != nil
            throw Self.unsupported(
                token, Self.foreignCiphers, algorithms.map(\.keywords),
                isElsewhere ? "; it can be used \(elsewhere)" : nil)
        }
        let bits = try takeKeyBits(of: algorithm, glued: glued, at: token.location)
        let choice = CipherChoice(algorithm, keyBits: bits)
        Weakness.of(algorithm).map {
            session.report(token.location.warning("'\(token.text)' is weak: \($0)"))
        }
        return choice
    }

    private static func isGlued(_ word: String, to keyword: String) -> Bool {
        word.hasPrefix(keyword) && isDecimal(word.dropFirst(keyword.count))
    }

    private mutating func takeKeyBits(
        of algorithm: EncryptionAlgorithm, glued: Substring?, at location: SourceLocation
    ) throws(Diagnostic) -> Int? {
        let number: Substring
        let place: SourceLocation
        if let glued {
            (number, place) = (glued, location)
        } else if let next, next.kind == .word, Self.isDecimal(next.text) {
            (number, place) = (next.text[...], next.location)
            advance()
        } else {
            return nil
        }
        guard algorithm.hasVariableKeyLength else {
            throw place.error("\(algorithm.name) has a fixed key length; leave '\(number)' out")
        }
        guard let bits = Int(number), algorithm.keyLengths.contains(bits) else {
            throw place.error("\(algorithm.name) has keys of \(algorithm.keyLengths) bits, found \(number)")
        }
        return bits
    }

    mutating func takeHash(_ session: Session) throws(Diagnostic) -> PseudorandomFunction {
        let known = Catalogue.pseudorandomFunctions.filter { $0.ikev1Hash != nil }.map(\.keywords)
        let token = try takeWord("a hash algorithm: \(Self.words(known))")
        guard let prf = Catalogue.pseudorandomFunction(keyword: token.text) else {
            throw Self.unsupported(token, [], known, nil)
        }
        if prf.hash == .md5 { session.report(token.location.warning("'md5' is weak: \(Weakness.md5)")) }
        return prf
    }

    mutating func takeIntegrity(_ session: Session) throws(Diagnostic) -> IntegrityAlgorithm {
        let known = Catalogue.integrity.map(\.keywords)
        let token = try takeWord("an authentication algorithm: \(Self.words(known))")
        guard let algorithm = Catalogue.integrity(keyword: token.text) else {
            throw Self.unsupported(token, Self.foreignAuthenticators, known, nil)
        }
        if algorithm.hash == .md5 {
            session.report(token.location.warning("'\(token.text)' is weak: \(Weakness.md5)"))
        }
        return algorithm
    }

    mutating func takeGroup(_ session: Session) throws(Diagnostic) -> KeyExchangeMethod {
        let known = Catalogue.keyExchange.map(\.keywords)
        let token = try takeWord("a Diffie-Hellman group: \(Self.words(known)), or its number")
        guard let group = Catalogue.keyExchange(keyword: token.text) else {
            throw Self.unsupported(token, [], known, nil)
        }
        if let weakness = Weakness.of(group) {
            session.report(token.location.warning("'\(token.text)' is weak: \(weakness)"))
        }
        return group
    }

    private static func unsupported(
        _ token: Token, _ foreign: Set<String>, _ known: [[String]], _ elsewhere: String?
    ) -> Diagnostic {
        let hint = foreign.contains(token.text) ? "" : Suggestion.hint(for: token.text, among: known.joined())
        return token.location.error(
            "\(token.shown) is not supported by swiftike here\(elsewhere ?? hint)"
                + (elsewhere == nil && hint.isEmpty ? "; use \(words(known))" : ""))
    }

    /// `aes, 3des or null_enc`: the preferred word of each.
    private static func words(_ keywords: [[String]]) -> String { list(keywords.compactMap(\.first)) }
}
