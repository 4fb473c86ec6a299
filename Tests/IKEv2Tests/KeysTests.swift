import Algorithms
import Cryptography
import IPsec
import KeyMaterial
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

/// A case of NIST's CAVP for the key derivation of IKEv2.
struct DerivationVector: Decodable, Sendable {
    struct Group: Decodable, Sendable {
        let hash: String
    }

    let group: Group
    let initiatorNonce: HexOctets
    let responderNonce: HexOctets
    let sharedSecret: HexOctets
    let newSharedSecret: HexOctets
    let initiatorSPI: HexOctets
    let responderSPI: HexOctets
    let seed: HexOctets
    let keys: HexOctets
    let childKeys: HexOctets
    let childKeysWithExchange: HexOctets
    let successorSeed: HexOctets

    enum CodingKeys: String, CodingKey {
        case group
        case initiatorNonce = "Ni"
        case responderNonce = "Nr"
        case sharedSecret = "g^ir"
        case newSharedSecret = "g^ir (new)"
        case initiatorSPI = "SPIi"
        case responderSPI = "SPIr"
        case seed = "SKEYSEED"
        case keys = "DKM"
        case childKeys = "DKM(Child SA)"
        case childKeysWithExchange = "DKM(Child SA D-H)"
        case successorSeed = "SKEYSEED(Rekey)"
    }

    var prf: PseudorandomFunction? {
        let hashes: [String: PseudorandomFunction] = [
            "SHA-1": .hmacSHA1, "SHA-256": .hmacSHA256, "SHA-384": .hmacSHA384, "SHA-512": .hmacSHA512,
        ]
        return hashes[group.hash]
    }

    var nonces: Nonces { Nonces(initiator: initiatorNonce.bytes, responder: responderNonce.bytes) }
}

private struct DerivationFile: Decodable {
    let tests: [DerivationVector]
}

@Suite("Keys of IKEv2 (RFC 7296 sections 2.13 to 2.18)")
struct KeysTests {
    private static let file = "cavp_ikev2_skeyseed.json"

    /// 3DES and HMAC-SHA1, whose keys fit into what the vectors have for every function.
    private static func suite(_ prf: PseudorandomFunction) -> Suite {
        Suite(encryption: CipherChoice(.aesCBC, keyBits: 128), integrity: .hmacSHA1, prf: prf)
    }

    private static func spi(_ octets: [UInt8]) -> UInt64 { octets.reduce(0) { $0 << 8 | UInt64($1) } }

    @Test("what NIST derives we derive", .enabled(if: VectorFile.isPresent(file)))
    func derivation() throws {
        let vectors = try VectorFile.shared(Self.file, as: DerivationFile.self).tests
        let known = vectors.filter { $0.prf != nil }
        #expect(known.count >= 200)
        for vector in known { try check(vector) }
    }

    private func check(_ vector: DerivationVector) throws {
        let prf = try #require(vector.prf)
        let seed = PRF.skeyseed(
            prf, initiatorNonce: vector.initiatorNonce.bytes, responderNonce: vector.responderNonce.bytes,
            sharedSecret: SecretKey(copying: vector.sharedSecret.bytes))
        #expect(octets(of: seed) == vector.seed.bytes)
        let suite = Self.suite(prf)
        let keys = try IKESAKeys(
            suite, seed: seed, nonces: vector.nonces,
            spis: IKESPIs(
                initiator: Self.spi(vector.initiatorSPI.bytes), responder: Self.spi(vector.responderSPI.bytes)
            ))
        let inOrder = [keys.skD, keys.skAi, keys.skAr, keys.skEi, keys.skEr, keys.skPi, keys.skPr]
        expect(inOrder.compactMap { $0 }, begins: vector.keys.bytes)
        for (secret, expected) in [
            (nil, vector.childKeys), (vector.newSharedSecret, vector.childKeysWithExchange),
        ] {
            let child = ChildSAKeys(
                suite, under: keys, sharedSecret: secret.map { SecretKey(copying: $0.bytes) },
                nonces: vector.nonces)
            let both = [child.fromInitiator, child.fromResponder]
            expect(
                both.flatMap { [$0.encryptionKey, $0.integrityKey] }.compactMap { $0 }, begins: expected.bytes
            )
        }
        let successor = keys.successorSeed(
            sharedSecret: SecretKey(copying: vector.newSharedSecret.bytes), nonces: vector.nonces)
        #expect(octets(of: successor) == vector.successorSeed.bytes)
    }

    /// What the vectors hold and the keys hold, up to where the shorter ends, must be the same.
    private func expect(_ keys: [SecretKey], begins expected: [UInt8]) {
        let all = keys.flatMap { octets(of: $0) }
        let count = min(all.count, expected.count)
        #expect(count >= 64)
        #expect(all.prefix(count) == expected.prefix(count))
    }

    private func octets(of key: SecretKey) -> [UInt8] {
        key.withSpan { span in
            var octets: [UInt8] = []
            for index in span.indices { octets.append(span[index]) }
            return octets
        }
    }

    @Test("a cipher that authenticates takes no integrity keys and all of its salt")
    func authenticatedEncryption() throws {
        let suite = Suite(encryption: CipherChoice(.aesGCM16, keyBits: 256), prf: .hmacSHA384)
        let keys = try IKESAKeys(
            suite, seed: SecretKey(copying: [1]), nonces: Nonces(initiator: [1], responder: [2]),
            spis: IKESPIs(initiator: 1, responder: 2))
        #expect(keys.skAi == nil && keys.skAr == nil)
        #expect(keys.skEi.count == 36)
        #expect(keys.skPr.count == 48)
        let child = ChildSAKeys(
            suite, under: keys, sharedSecret: nil, nonces: Nonces(initiator: [], responder: []))
        #expect(child.fromInitiator.encryptionKey.count == 36)
        #expect(child.fromInitiator.integrityKey == nil)
    }

    @Test("the keys of AH are those of integrity alone")
    func authenticationHeader() throws {
        let keys = try IKESAKeys(
            Self.suite(.hmacSHA256), seed: SecretKey(copying: [1]),
            nonces: Nonces(initiator: [1], responder: [2]),
            spis: IKESPIs(initiator: 1, responder: 2))
        let child = ChildSAKeys(
            Suite(integrity: .hmacSHA256), under: keys, sharedSecret: nil,
            nonces: Nonces(initiator: [3], responder: [4]))
        #expect(child.fromResponder.encryptionKey.count == 0)
        #expect(child.fromResponder.integrityKey?.count == 32)
        #expect(child.fromResponder.encryption.algorithm == .null)
    }

    @Test("a suite that cannot protect an IKE SA is refused by name")
    func uselessSuite() {
        for suite in [
            Suite(encryption: CipherChoice(.aesCBC, keyBits: 128), prf: .hmacSHA256),
            Suite(encryption: CipherChoice(.null), integrity: .hmacSHA256, prf: .hmacSHA256),
            Suite(encryption: CipherChoice(.aesGCM16, keyBits: 128)),
        ] {
            #expect(throws: NegotiationFailure.self) {
                try IKESAKeys(
                    suite, seed: SecretKey(copying: [1]), nonces: Nonces(initiator: [1], responder: [2]),
                    spis: IKESPIs(initiator: 1, responder: 2))
            }
        }
    }

    @Test("the lower nonce is the one that is less at the first octet that differs")
    func lowerNonce() {
        #expect(Nonces(initiator: [1, 2, 3], responder: [1, 3, 0]).lower == [1, 2, 3])
        #expect(Nonces(initiator: [0xff], responder: [0x7f, 0xff]).lower == [0x7f, 0xff])
        #expect(Nonces(initiator: [1, 2], responder: [1]).lower == [1])
    }
}
