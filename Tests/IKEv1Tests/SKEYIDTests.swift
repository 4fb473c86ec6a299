import Algorithms
import KeyMaterial
import TestSupport
import Testing

@testable import IKEv1

/// NIST CAVP component vectors of IKEv1 key derivation.
private struct SKEYIDVectors: Decodable {
    struct Group: Decodable { let hash: String }
    struct Case: Decodable {
        enum CodingKeys: String, CodingKey {
            case group
            case initiatorCookie = "CKY_I"
            case responderCookie = "CKY_R"
            case initiatorNonce = "Ni"
            case responderNonce = "Nr"
            case sharedSecret = "g^xy"
            case preSharedKey = "pre-shared-key"
            case base = "SKEYID"
            case derivation = "SKEYID_d"
            case authentication = "SKEYID_a"
            case encryption = "SKEYID_e"
        }

        let group: Group
        let initiatorCookie, responderCookie, initiatorNonce, responderNonce, sharedSecret: HexOctets
        let preSharedKey: HexOctets?
        let base, derivation, authentication, encryption: HexOctets
    }

    let psk: [Case]
    let sig: [Case]
}

@Suite("SKEYID")
struct SKEYIDTests {
    private static let prfs: [String: PseudorandomFunction] = [
        "MD5": .hmacMD5, "SHA-1": .hmacSHA1, "SHA-256": .hmacSHA256, "SHA-384": .hmacSHA384,
        "SHA-512": .hmacSHA512,
    ]

    private func isEqual(_ key: SecretKey, _ octets: HexOctets) -> Bool {
        SecretKey.constantTimeEqual(key, SecretKey(copying: octets.bytes))
    }

    private func cookie(_ octets: HexOctets) -> UInt64 { octets.bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    @Test(
        "NIST CAVP",
        .enabled(
            if: VectorFile.isPresent("cavp_ikev1_skeyid.json"), "vectors/cavp_ikev1_skeyid.json is absent"))
    func cavp() throws {
        let vectors = try VectorFile.shared("cavp_ikev1_skeyid.json", as: SKEYIDVectors.self)
        var checked = 0
        for vector in vectors.psk + vectors.sig {
            guard let prf = Self.prfs[vector.group.hash] else { continue }
            if let preSharedKey = vector.preSharedKey {
                let base = SKEYID.base(
                    prf, preSharedKey: SecretKey(copying: preSharedKey.bytes),
                    initiatorNonce: vector.initiatorNonce.bytes, responderNonce: vector.responderNonce.bytes)
                #expect(isEqual(base, vector.base))
            }
            let keys = SKEYID(
                prf: prf, base: SecretKey(copying: vector.base.bytes),
                sharedSecret: SecretKey(copying: vector.sharedSecret.bytes),
                initiatorCookie: cookie(vector.initiatorCookie),
                responderCookie: cookie(vector.responderCookie))
            #expect(isEqual(keys.derivation, vector.derivation))
            #expect(isEqual(keys.authentication, vector.authentication))
            #expect(isEqual(keys.encryption, vector.encryption))
            checked += 1
        }
        #expect(checked == 440, "\(checked) vectors have a hash of ours")
    }
}
