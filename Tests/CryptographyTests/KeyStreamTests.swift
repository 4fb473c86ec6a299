import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

/// An example of RFC 4434 section 2.1 or RFC 4615 section 4.
struct BlockPRFVector: Decodable, Sendable, CustomTestStringConvertible {
    let `case`: String
    let alg: String
    let key: HexOctets
    let msg: HexOctets
    let mac: HexOctets

    var testDescription: String { `case` }

    struct File: Decodable {
        let vectors: [BlockPRFVector]
    }

    static func all() throws -> [(PseudorandomFunction, BlockPRFVector)] {
        let files: [(PseudorandomFunction, String)] = [
            (.aesXCBC, "aes_xcbc_rfc3566_4434.json"), (.aesCMAC, "aes_cmac_rfc4493_4615.json"),
        ]
        return try files.flatMap { prf, name in
            try VectorFile.committed(name, of: "CryptographyTests", as: File.self).vectors.map { (prf, $0) }
        }
    }
}

struct KeyStreamTests {
    private let key = SecretKey(copying: Array("a key".utf8))
    private let seed: [PRF.Part] = [.clear([1, 2, 3]), .secret(SecretKey(copying: [4, 5])), .clear([])]

    @Test(arguments: try BlockPRFVector.all())
    func functionsOfAESMatchTheirRFCs(_ prf: PseudorandomFunction, _ vector: BlockPRFVector) {
        let key = SecretKey(copying: vector.key.bytes)
        #expect(PRF.publicValue(prf, key: key, data: vector.msg.bytes) == vector.mac.bytes)
    }

    @Test func theRFCsGiveKeysOfEveryKindOfLength() throws {
        for prf in [PseudorandomFunction.aesXCBC, .aesCMAC] {
            let lengths = try BlockPRFVector.all().filter { $0.0 == prf }.map { $0.1.key.bytes.count }
            #expect(Set(lengths) == [10, 16, 18])
        }
    }

    @Test(arguments: Catalogue.pseudorandomFunctions)
    func blocksAreChainedAndNumbered(_ prf: PseudorandomFunction) {
        var stream = KeyStream(prf, key: key, seed: seed)
        var last: [UInt8] = []
        var expected: [UInt8] = []
        for number in UInt8(1)...255 {
            last = PRF.publicValue(prf, key: key, data: last + [1, 2, 3, 4, 5, number])
            expected += last
        }
        let whole = stream.take(255 * prf.outputSize)
        #expect(SecretKey.constantTimeEqual(whole, SecretKey(copying: expected)))
    }

    @Test(arguments: Catalogue.pseudorandomFunctions, [[1], [7, 0, 40, 1], [16, 32, 64, 20], [100]])
    func keysAreTakenWithoutRegardToBlocks(_ prf: PseudorandomFunction, _ lengths: [Int]) {
        var stream = KeyStream(prf, key: key, seed: seed)
        let keys = lengths.map { stream.take($0) }
        #expect(keys.map(\.count) == lengths)
        var again = KeyStream(prf, key: key, seed: seed)
        let whole = again.take(lengths.reduce(0, +))
        #expect(SecretKey.constantTimeEqual(SecretKey(concatenating: keys), whole))
    }

    /// RFC 7296 section 2.14: 64 bits of each nonce where the function's keys have one length.
    @Test(arguments: Catalogue.pseudorandomFunctions)
    func nonceKeysAreAsLongAsTheFunctionTakesThem(_ prf: PseudorandomFunction) {
        let initiator = [UInt8](1...32)
        let responder = [UInt8](101...120)
        let secret = SecretKey(copying: [9, 9])
        let isFixed = [.aesXCBC, .aesCMAC].contains(prf)
        let nonces = isFixed ? Array(initiator.prefix(8) + responder.prefix(8)) : initiator + responder
        let seed = PRF.skeyseed(
            prf, initiatorNonce: initiator, responderNonce: responder, sharedSecret: secret)
        let expected = PRF.compute(prf, key: SecretKey(copying: nonces), data: [9, 9])
        #expect(SecretKey.constantTimeEqual(seed, expected))
    }
}

/// The keys of IKEv2 as NIST's CAVP computes them (SP 800-135 section 4.1.2), read in place.
struct CAVPKeyDerivation: Decodable, Sendable {
    struct Group: Decodable, Sendable {
        let hash: String
    }

    let group: Group
    let initiatorNonce: HexOctets
    let responderNonce: HexOctets
    let secret: HexOctets
    let newSecret: HexOctets
    let initiatorSPI: HexOctets
    let responderSPI: HexOctets
    let skeyseed: HexOctets
    let keys: HexOctets
    let childKeys: HexOctets
    let childKeysWithSecret: HexOctets
    let renewedSKEYSEED: HexOctets

    private enum CodingKeys: String, CodingKey {
        case group
        case initiatorNonce = "Ni"
        case responderNonce = "Nr"
        case secret = "g^ir"
        case newSecret = "g^ir (new)"
        case initiatorSPI = "SPIi"
        case responderSPI = "SPIr"
        case skeyseed = "SKEYSEED"
        case keys = "DKM"
        case childKeys = "DKM(Child SA)"
        case childKeysWithSecret = "DKM(Child SA D-H)"
        case renewedSKEYSEED = "SKEYSEED(Rekey)"
    }

    struct File: Decodable {
        let tests: [CAVPKeyDerivation]
    }

    var prf: PseudorandomFunction? {
        switch group.hash {
        case "SHA-1": .hmacSHA1
        case "SHA-256": .hmacSHA256
        case "SHA-384": .hmacSHA384
        case "SHA-512": .hmacSHA512
        default: nil
        }
    }
}

@Suite(.enabled(if: VectorFile.isPresent("cavp_ikev2_skeyseed.json")))
struct CAVPKeyDerivationTests {
    private func isEqual(_ found: SecretKey, _ expected: HexOctets) -> Bool {
        SecretKey.constantTimeEqual(found, SecretKey(copying: expected.bytes))
    }

    @Test func keysAgreeWithCAVP() throws {
        let tests = try VectorFile.shared("cavp_ikev2_skeyseed.json", as: CAVPKeyDerivation.File.self).tests
        var functions: Set<PseudorandomFunction> = []
        for test in tests {
            guard let prf = test.prf else { continue }
            functions.insert(prf)
            let nonces = test.initiatorNonce.bytes + test.responderNonce.bytes
            let skeyseed = PRF.skeyseed(
                prf, initiatorNonce: test.initiatorNonce.bytes, responderNonce: test.responderNonce.bytes,
                sharedSecret: SecretKey(copying: test.secret.bytes))
            #expect(isEqual(skeyseed, test.skeyseed))
            let spis = test.initiatorSPI.bytes + test.responderSPI.bytes
            var keys = KeyStream(prf, key: skeyseed, seed: [.clear(nonces + spis)])
            let derivation = keys.take(prf.outputSize)
            let rest = keys.take(test.keys.bytes.count - prf.outputSize)
            #expect(isEqual(SecretKey(concatenating: [derivation, rest]), test.keys))
            let new = SecretKey(copying: test.newSecret.bytes)
            var child = KeyStream(prf, key: derivation, seed: [.clear(nonces)])
            let childKeys = child.take(test.childKeys.bytes.count)
            #expect(isEqual(childKeys, test.childKeys))
            var keyed = KeyStream(prf, key: derivation, seed: [.secret(new), .clear(nonces)])
            let keyedKeys = keyed.take(test.childKeysWithSecret.bytes.count)
            #expect(isEqual(keyedKeys, test.childKeysWithSecret))
            let renewed = PRF.compute(prf, key: derivation, parts: [.secret(new), .clear(nonces)])
            #expect(isEqual(renewed, test.renewedSKEYSEED))
        }
        #expect(functions.count >= 4 && tests.count > 200)
    }
}
