import Algorithms
import IPsec
import KeyMaterial
import SetkeyScript
import SourceText

/// An algorithm by the kernel's name, as a tool wrote it.
struct StatedAlgorithm {
    var name: String
    var key: StatedKey
    /// nil where none is written.
    var icvBits: Int?

    /// What an algorithm by its kernel name truncates to where nothing else is said.
    private static func kernelDefault(_ name: String) -> Int? {
        // Linux kept the truncation of a draft for SHA2-256.
        if name == IntegrityAlgorithm.hmacSHA256.xfrm { return 96 }
        return Catalogue.integrity.first { $0.xfrm == name }.map { $0.icvSize * 8 }
    }

    /// As a cipher; its key is checked where the catalogue has it.
    func cipher() throws(Diagnostic) -> KeyedCipher {
        guard let known = Catalogue.encryption(xfrm: name, icvBits: icvBits) else {
            return KeyedCipher(.foreign(name), key: key.secret, icvBits: icvBits)
        }
        try key.check(for: known)
        return KeyedCipher(.known(known), key: key.secret, icvBits: icvBits)
    }

    func integrity() throws(Diagnostic) -> KeyedIntegrity {
        guard let bits = icvBits ?? Self.kernelDefault(name) else {
            throw key.location.error("how many bits of ICV '\(name)' has in a packet is not written here")
        }
        if let known = Catalogue.integrity(xfrm: name, icvBits: bits) { try key.check(for: known) }
        return KeyedIntegrity(kernelName: name, key: key.secret, icvBits: bits)
    }
}

extension SATransform {
    /// ESP of what was read, after a check that a cipher with an ICV of its own stands alone.
    static func checkedESP(
        _ cipher: KeyedCipher, _ integrity: KeyedIntegrity?, at place: SourceLocation
    ) throws(Diagnostic) -> SATransform {
        guard cipher.icvBits == nil || integrity == nil else {
            throw place.error(
                "this SA's cipher makes an ICV itself, and there is another integrity algorithm; is the text edited?"
            )
        }
        return .esp(cipher, integrity)
    }
}

extension KeyedIntegrity {
    /// Of the catalogue where it has the name with that truncation.
    init(kernelName name: String, key: SecretKey, icvBits: Int) {
        let known = Catalogue.integrity(xfrm: name, icvBits: icvBits)
        self.init(known.map { .known($0) } ?? .foreign(name), key: key, icvBits: icvBits)
    }
}

extension StateWords {
    private static let hidden =
        "the keys are hidden; run 'ip xfrm state' as root and without 'nokeys', in the SA's network namespace"

    /// Takes an algorithm's name and its key, if one is written.
    mutating func takeAlgorithm() throws(Diagnostic) -> StatedAlgorithm {
        let place = location
        let name = text(try take("an algorithm's name"))
        guard let word = next, word.hasPrefix("0x") || word.hasPrefix("<") else {
            return StatedAlgorithm(name: name, key: .none(at: place))
        }
        let key = try take("a key")
        if word.hasPrefix("<") { throw location(key).error(Self.hidden) }
        let digits = key.lowerBound + 2..<key.upperBound
        let stated = try KeyText.decode(hexadecimal: [digits], in: file, at: location(key))
        skipBrackets()
        return StatedAlgorithm(name: name, key: stated)
    }

    /// The same with the bits of ICV that follow.
    mutating func takeTruncatedAlgorithm() throws(Diagnostic) -> StatedAlgorithm {
        var algorithm = try takeAlgorithm()
        algorithm.icvBits = try takeNumber("the bits of ICV")
        return algorithm
    }

    /// Skips words in round brackets, such as `(128 bits)`.
    mutating func skipBrackets() {
        guard next?.hasPrefix("(") == true else { return }
        while let word = next {
            skip()
            if word.hasSuffix(")") { return }
        }
    }
}
