import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

/// The message of RFC 7634 appendix B.
struct ChaChaMessageVector: Decodable, Sendable {
    let kind: String
    let keymat: HexOctets
    let iv: HexOctets
    let plaintext: HexOctets?
    let ciphertext: HexOctets
    let aad: HexOctets?
    let tag: HexOctets

    struct File: Decodable {
        let vectors: [ChaChaMessageVector]
    }

    static func read() throws -> ChaChaMessageVector {
        let file = try VectorFile.committed(
            "chacha20poly1305_rfc7634.json", of: "CryptographyTests", as: File.self)
        return try #require(file.vectors.first { $0.kind == "ikev2-sk" })
    }
}

struct MessageProtectionTests {
    /// Every cipher IKEv2 may use with every key length of its ends, those that do not authenticate with each
    /// integrity algorithm.
    static let suites: [MessageProtection] = Catalogue.encryption.filter(\.isForIKEv2).flatMap { algorithm in
        Set([algorithm.keyLengths.minimum, algorithm.keyLengths.maximum]).sorted().flatMap { bits in
            let integrity: [IntegrityAlgorithm?] =
                algorithm.isAEAD
                ? [nil] : Catalogue.integrity.filter { $0.ikev2 != nil && $0 != .null }.map { $0 }
            return integrity.compactMap {
                try? MessageProtection(CipherChoice(algorithm, keyBits: bits), integrity: $0)
            }
        }
    }

    private static let header = [UInt8](1...32)

    private func keys(_ protection: MessageProtection, _ octet: UInt8 = 7) -> (SecretKey, SecretKey?) {
        let integrity = [UInt8](repeating: octet &+ 1, count: protection.integrityKeySize)
        return (
            SecretKey(copying: [UInt8](repeating: octet, count: protection.encryptionKeySize)),
            protection.integrity == nil ? nil : SecretKey(copying: integrity)
        )
    }

    private func sealer(_ protection: MessageProtection) throws -> MessageSealer {
        let (encryption, integrity) = keys(protection)
        return try MessageSealer(protection, encryptionKey: encryption, integrityKey: integrity)
    }

    private func opener(_ protection: MessageProtection, _ octet: UInt8 = 7) throws -> MessageOpener {
        let (encryption, integrity) = keys(protection, octet)
        return try MessageOpener(protection, encryptionKey: encryption, integrityKey: integrity)
    }

    private func failure(_ opener: MessageOpener, _ message: [UInt8]) -> MessageProtectionFailure? {
        var message = message
        do throws(MessageProtectionFailure) {
            _ = try opener.open(&message, headerCount: Self.header.count)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: suites)
    func opensWhatItSealed(_ protection: MessageProtection) throws {
        var random = FixedRandom(seed: 1)
        var sealer = try sealer(protection)
        let opener = try opener(protection)
        for count in [0, 1, 6, 7, 8, 15, 16, 17, 255, 1000] {
            let payloads = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 3) }
            var message = Self.header
            try sealer.seal(&message, payloads: payloads, random: &random)
            #expect(message.count == Self.header.count + protection.sealedCount(count))
            #expect(Array(message.prefix(Self.header.count)) == Self.header)
            let room = message.count - Self.header.count
            #expect((protection.capacity(within: room) ?? -1) >= count)
            let body = message.dropFirst(Self.header.count + protection.ivSize)
            #expect(count < 15 || !body.starts(with: payloads))
            let range = try opener.open(&message, headerCount: Self.header.count)
            #expect(Array(message[range]) == payloads)
        }
    }

    @Test(arguments: suites)
    func refusesWhatWasChanged(_ protection: MessageProtection) throws {
        var random = FixedRandom(seed: 2)
        var sealer = try sealer(protection)
        let opener = try opener(protection)
        var sealed = Self.header
        try sealer.seal(&sealed, payloads: [UInt8](repeating: 9, count: 20), random: &random)
        for index in sealed.indices {
            var message = sealed
            message[index] ^= 0x40
            #expect(failure(opener, message) == .badIntegrity)
        }
        #expect(failure(opener, sealed) == nil)
        #expect(failure(try self.opener(protection, 8), sealed) == .badIntegrity)
        for count in 0..<protection.sealedCount(0) {
            let found = failure(opener, Array(sealed.prefix(Self.header.count + count)))
            #expect(found == .wrongLength(count))
        }
        #expect(failure(opener, sealed + [0]) != nil)
    }

    @Test(arguments: suites)
    func usesEachIVOnce(_ protection: MessageProtection) throws {
        var random = FixedRandom(seed: 3)
        var sealer = try sealer(protection)
        var ivs: Set<[UInt8]> = []
        for _ in 0..<50 {
            var message = Self.header
            try sealer.seal(&message, payloads: [], random: &random)
            ivs.insert(Array(message.dropFirst(Self.header.count).prefix(protection.ivSize)))
        }
        #expect(ivs.count == 50)
    }

    @Test(arguments: suites)
    func fillsARoomWithoutLeavingIt(_ protection: MessageProtection) {
        for room in 0..<200 {
            guard let capacity = protection.capacity(within: room) else {
                #expect(protection.sealedCount(0) > room)
                continue
            }
            #expect(protection.sealedCount(capacity) <= room)
            #expect(protection.sealedCount(capacity + 1) > room)
        }
    }

    /// The IV of RFC 7634 appendix B is not what our counter would give: the message is opened, not made.
    @Test func matchesRFC7634() throws {
        let vector = try ChaChaMessageVector.read()
        let header = try #require(vector.aad?.bytes)
        let plaintext = try #require(vector.plaintext?.bytes)
        let protection = try MessageProtection(CipherChoice(.chaCha20Poly1305), integrity: nil)
        let opener = try MessageOpener(
            protection, encryptionKey: SecretKey(copying: vector.keymat.bytes), integrityKey: nil)
        var message = header + vector.iv.bytes + vector.ciphertext.bytes + vector.tag.bytes
        let range = try opener.open(&message, headerCount: header.count)
        #expect(Array(message[range]) + [0] == plaintext)
    }

    /// AES-CBC, AES-CTR and HMAC put together by hand.
    @Test func encryptsThenAuthenticates() throws {
        let protection = try MessageProtection(
            CipherChoice(.aesCBC, keyBits: 256), integrity: .hmacSHA256)
        var random = FixedRandom(seed: 4)
        var sealer = try sealer(protection)
        let payloads = [UInt8](40..<60)
        var message = Self.header
        try sealer.seal(&message, payloads: payloads, random: &random)
        let tag = message.suffix(16)
        let (encryption, integrity) = keys(protection)
        let computed = MessageAuthentication.compute(
            .sha256, key: try #require(integrity), data: message.dropLast(16))
        #expect(Array(tag) == Array(computed.prefix(16)))
        let cipher = try BlockCipher(protection.encryption, key: encryption)
        var body = Array(message.dropFirst(Self.header.count + 16).dropLast(16))
        try cipher.decrypt(&body, iv: Array(message.dropFirst(Self.header.count).prefix(16)))
        #expect(body == payloads + [UInt8](repeating: 0, count: 11) + [11])
    }

    /// A peer may pad with anything, up to 255 octets, but with no more than there is.
    @Test(arguments: [(0, true), (15, true), (31, true), (32, false), (255, false)])
    func takesPaddingThatFits(_ padding: UInt8, _ fits: Bool) throws {
        let protection = try MessageProtection(CipherChoice(.aesCBC), integrity: .hmacSHA256)
        let (encryption, integrity) = keys(protection)
        let iv = [UInt8](repeating: 6, count: 16)
        var body = [UInt8](repeating: 0xee, count: 31) + [padding]
        try BlockCipher(protection.encryption, key: encryption).encrypt(&body, iv: iv)
        var message = Self.header + iv + body
        let tag = MessageAuthentication.compute(.sha256, key: try #require(integrity), data: message)
        message += tag.prefix(16)
        let found = failure(try opener(protection), message)
        #expect(found == (fits ? nil : .badPadding(padding: Int(padding), available: 32)))
    }

    static let refused: [(CipherChoice, IntegrityAlgorithm?)] = [
        (CipherChoice(.null), .hmacSHA256), (CipherChoice(.aesGMAC), nil), (CipherChoice(.desCBC), .hmacSHA1),
        (CipherChoice(.aesCBC), nil), (CipherChoice(.aesCBC), .null), (CipherChoice(.aesGCM16), .hmacSHA256),
        (CipherChoice(.twofishCBC), .hmacSHA256), (CipherChoice(.aesCBC, keyBits: 100), .hmacSHA256),
    ]

    @Test(arguments: refused)
    func refusesWhatProtectsTooLittle(_ cipher: CipherChoice, _ integrity: IntegrityAlgorithm?) {
        #expect(throws: CipherFailure.self) { try MessageProtection(cipher, integrity: integrity) }
    }

    @Test(arguments: suites)
    func refusesKeysOfOtherLengths(_ protection: MessageProtection) {
        let (encryption, integrity) = keys(protection)
        let short = encryption.extracting(0..<(encryption.count - 1))
        #expect(throws: CipherFailure.keySize(expected: encryption.count, found: short.count)) {
            try MessageOpener(protection, encryptionKey: short, integrityKey: integrity)
        }
        let surplus = SecretKey(copying: [1, 2, 3])
        #expect(throws: CipherFailure.keySize(expected: protection.integrityKeySize, found: 3)) {
            try MessageOpener(protection, encryptionKey: encryption, integrityKey: surplus)
        }
    }
}
