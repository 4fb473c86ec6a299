import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

/// Signature vectors of Project Wycheproof, read in place.
struct SignatureVectors: Decodable {
    struct Group: Decodable {
        let publicKeyDer: HexOctets
        let sLen: Int?
        let tests: [Test]
    }

    struct Test: Decodable {
        let tcId: Int
        let result: String
        let msg: HexOctets
        let sig: HexOctets
    }

    let testGroups: [Group]
}

@Suite(.enabled(if: VectorFile.isPresent("wycheproof")))
struct WycheproofSignatureTests {
    enum Form: Sendable {
        case asIs
        case joined(SignatureCurve)
    }

    static let files: [(String, SignatureScheme, Form)] = [
        ("rsa_signature_2048_sha256_test.json", .rsaPKCS1(.sha256), .asIs),
        ("rsa_signature_2048_sha384_test.json", .rsaPKCS1(.sha384), .asIs),
        ("rsa_signature_2048_sha512_test.json", .rsaPKCS1(.sha512), .asIs),
        ("rsa_signature_3072_sha256_test.json", .rsaPKCS1(.sha256), .asIs),
        ("rsa_signature_3072_sha512_test.json", .rsaPKCS1(.sha512), .asIs),
        ("rsa_signature_4096_sha256_test.json", .rsaPKCS1(.sha256), .asIs),
        ("rsa_signature_4096_sha512_test.json", .rsaPKCS1(.sha512), .asIs),
        ("rsa_pss_2048_sha256_mgf1_32_test.json", .rsaPSS(.sha256), .asIs),
        ("rsa_pss_2048_sha384_mgf1_48_test.json", .rsaPSS(.sha384), .asIs),
        ("rsa_pss_3072_sha256_mgf1_32_test.json", .rsaPSS(.sha256), .asIs),
        ("rsa_pss_4096_sha256_mgf1_32_test.json", .rsaPSS(.sha256), .asIs),
        ("rsa_pss_4096_sha384_mgf1_48_test.json", .rsaPSS(.sha384), .asIs),
        ("rsa_pss_4096_sha512_mgf1_64_test.json", .rsaPSS(.sha512), .asIs),
        ("ecdsa_secp256r1_sha256_test.json", .ecdsa(.sha256), .asIs),
        ("ecdsa_secp256r1_sha512_test.json", .ecdsa(.sha512), .asIs),
        ("ecdsa_secp384r1_sha384_test.json", .ecdsa(.sha384), .asIs),
        ("ecdsa_secp521r1_sha512_test.json", .ecdsa(.sha512), .asIs),
        ("ecdsa_secp256r1_sha256_p1363_test.json", .ecdsa(.sha256), .joined(.p256)),
        ("ecdsa_secp384r1_sha384_p1363_test.json", .ecdsa(.sha384), .joined(.p384)),
        ("ecdsa_secp521r1_sha512_p1363_test.json", .ecdsa(.sha512), .joined(.p521)),
        ("ed25519_test.json", .edwards, .asIs), ("ed448_test.json", .edwards, .asIs),
    ]

    private func verifies(
        _ key: PublicKey, _ test: SignatureVectors.Test, _ scheme: SignatureScheme, _ form: Form
    ) -> Bool {
        switch form {
        case .asIs: return key.verifies(test.sig.bytes, over: test.msg.bytes, scheme)
        case .joined(let curve):
            guard let signature = ECDSASignature(joined: test.sig.bytes, curve: curve) else { return false }
            return key.verifies(signature.der, over: test.msg.bytes, scheme)
        }
    }

    @Test(arguments: files)
    func agrees(_ name: String, _ scheme: SignatureScheme, _ form: Form) throws {
        let file = try VectorFile.shared("wycheproof/\(name)", as: SignatureVectors.self)
        var judged = 0
        for group in file.testGroups {
            let key = try PublicKey(subjectPublicKeyInfo: group.publicKeyDer.bytes)
            for test in group.tests {
                // What is acceptable there (a DigestInfo without NULL) is refused here.
                #expect(verifies(key, test, scheme, form) == (test.result == "valid"), "test \(test.tcId)")
                judged += 1
            }
        }
        #expect(judged >= 80)
    }
}
