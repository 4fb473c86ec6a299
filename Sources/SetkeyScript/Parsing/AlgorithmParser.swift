import Algorithms
import IPsec
import KeyMaterial
import SourceText

/// `-E`, `-A` and `-C`, with names of the catalogue and keys of the right length.
extension TokenStream {
    mutating func takeAlgorithm(
        _ flag: String, _ algorithms: inout StatedAlgorithms, at place: SourceLocation
    ) throws(Diagnostic) {
        switch flag {
        case "-E":
            guard algorithms.encryption == nil else { throw place.error("there is a '-E' already") }
            algorithms.encryption = try takeCipher()
        case "-A":
            guard algorithms.integrity == nil else { throw place.error("there is a '-A' already") }
            algorithms.integrity = try takeIntegrity()
        case "-C":
            guard algorithms.compression == nil else { throw place.error("there is a '-C' already") }
            algorithms.compression = try takeCompression()
        default:
            guard algorithms.compression != nil else { throw place.error("'-R' belongs behind '-C'") }
            algorithms.compression?.usesRawCPI = true
        }
    }

    private mutating func takeCipher() throws(Diagnostic) -> StatedCipher {
        let name = try takeAlgorithmName("a cipher")
        if name.kind == .string {
            return StatedCipher(
                algorithm: .foreign(text(name)), word: text(name), key: try takeOptionalKey(),
                location: location(name))
        }
        let word = text(name)
        guard let cipher = Catalogue.encryption(setkey: word) else {
            throw unknown("cipher", name, among: Catalogue.encryption.flatMap(\.setkeyNames))
        }
        let key = cipher.construction == .null ? try takeNoKey(word) : try takeKey(for: word)
        try key.check(cipher.keyLengths, salt: cipher.saltSize, for: word)
        return StatedCipher(
            algorithm: .known(cipher), word: word, key: key.secret, location: location(name))
    }

    private mutating func takeIntegrity() throws(Diagnostic) -> StatedIntegrity {
        let name = try takeAlgorithmName("an integrity algorithm")
        let word = text(name)
        if name.kind == .string {
            return StatedIntegrity(
                algorithm: .foreign(word), word: word, key: try takeOptionalKey(), location: location(name))
        }
        if word == "null" {
            return StatedIntegrity(
                algorithm: nil, word: word, key: try takeNoKey(word).secret, location: location(name))
        }
        guard let algorithm = Catalogue.integrity(setkey: word) else {
            throw unknown(
                "integrity algorithm", name, among: Catalogue.integrity.flatMap(\.setkeyNames))
        }
        let key = try takeKey(for: word)
        try key.check(KeyLengths(algorithm.keySize * 8), for: word)
        return StatedIntegrity(
            algorithm: .known(algorithm), word: word, key: key.secret, location: location(name))
    }

    private mutating func takeCompression() throws(Diagnostic) -> StatedCompression {
        let name = try takeAlgorithmName("a compression algorithm")
        let word = text(name)
        if name.kind == .string {
            return StatedCompression(algorithm: .foreign(word), word: word, location: location(name))
        }
        guard let algorithm = Catalogue.compression(setkey: word) else {
            throw unknown(
                "compression algorithm", name, among: Catalogue.compression.flatMap(\.setkeyNames))
        }
        return StatedCompression(algorithm: .known(algorithm), word: word, location: location(name))
    }

    /// A word of setkey's, or the database's own name in quotes.
    private mutating func takeAlgorithmName(_ what: String) throws(Diagnostic) -> Token {
        let token = try peek()
        guard token.kind == .word || token.kind == .string, !token.content.isEmpty else {
            throw expected("\(what) by name")
        }
        if token.kind == .string { try checkForeignName(token, what) }
        return try take()
    }

    /// Words of setkey's that no Linux kernel gives a meaning.
    static let lostAlgorithms = [
        "des-deriv": "(RFC 1829) is not in Linux; use aes-gcm-16",
        "des-32iv": "(RFC 1829) is not in Linux; use aes-gcm-16",
        "rc5-cbc": "is not in Linux; use aes-gcm-16", "idea-cbc": "is not in Linux; use aes-gcm-16",
        "tcp-md5": "is BSD's: on Linux the program sets TCP_MD5SIG on its socket",
    ]

    /// Refuses what stands in quotes and is no kernel's name: it may be a key whose algorithm was forgotten.
    private func checkForeignName(_ token: Token, _ what: String) throws(Diagnostic) {
        let name = text(token)
        let isKnown = Catalogue.integrity.contains { $0.xfrm == name }
        guard isKnown || (name.hasSuffix(")") && name.contains("(")) else {
            throw location(token).error(
                "expected \(what) by name, found a string; in quotes only the kernel's own names stand, as \"cbc(aes)\""
            )
        }
    }

    private func unknown(_ what: String, _ name: Token, among known: [String]) -> Diagnostic {
        if let reason = Self.lostAlgorithms[text(name)] {
            return location(name).error("\(what) \(shown(name)) \(reason)")
        }
        let near = Suggestion.hint(for: text(name), among: known)
        let all = near.isEmpty ? "; known are \(known.joined(separator: ", "))" : near
        return location(name).error("unknown \(what) \(shown(name))\(all)")
    }
}

/// Keys, which never become text.
extension TokenStream {
    /// Takes a key: octets in quotes, or hexadecimal digits behind `0x`.
    private mutating func takeKey(for algorithm: String) throws(Diagnostic) -> StatedKey {
        let token = try peek()
        guard token.kind == .string || isHexadecimal(token) else {
            throw expected("a key for \(algorithm), in quotes or hexadecimal behind 0x")
        }
        _ = try take()
        guard let secret = secret(token) else {
            throw location(token).error(
                "the key for \(algorithm) has other characters than hexadecimal digits")
        }
        return StatedKey(secret: secret, location: location(token))
    }

    private mutating func takeOptionalKey() throws(Diagnostic) -> SecretKey {
        let token = try peek()
        guard token.kind == .string || isHexadecimal(token) else { return SecretKey(copying: []) }
        return try takeKey(for: "this algorithm").secret
    }

    private mutating func takeNoKey(_ algorithm: String) throws(Diagnostic) -> StatedKey {
        let token = try peek()
        guard token.kind != .string, !isHexadecimal(token) else {
            throw location(token).error("\(algorithm) takes no key")
        }
        return StatedKey(secret: SecretKey(copying: []), location: location(token))
    }

    private func isHexadecimal(_ token: Token) -> Bool {
        token.kind == .word && Number.isHexadecimal(octets(token))
    }

    private func secret(_ token: Token) -> SecretKey? {
        let bytes = file.bytes
        let characters = bytes.span
        if token.kind == .string {
            return SecretKey(SecretBytes(copying: characters.extracting(token.content)))
        }
        let digits = token.range.lowerBound + 2..<token.range.upperBound
        guard let secret = SecretBytes.decoding(hexadecimal: characters.extracting(digits)) else {
            return nil
        }
        return SecretKey(secret)
    }
}
