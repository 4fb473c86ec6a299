import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

/// Vectors that are read in place: Project Wycheproof.
@Suite(.enabled(if: VectorFile.isPresent("wycheproof")))
struct SharedVectorTests {
    static let hmacs: [(String, HashFunction)] = [
        ("hmac_sha1_test.json", .sha1), ("hmac_sha256_test.json", .sha256),
        ("hmac_sha384_test.json", .sha384),
        ("hmac_sha512_test.json", .sha512),
    ]

    @Test(arguments: hmacs)
    func macsAgreeWithWycheproof(_ name: String, _ hash: HashFunction) throws {
        var count = 0
        for group in try WycheproofFile.read(name).testGroups {
            for test in group.tests {
                guard let key = test.key?.bytes, let message = test.msg?.bytes, let tag = test.tag?.bytes
                else { continue }
                let computed = MessageAuthentication.compute(
                    hash, key: SecretKey(copying: key), data: message)
                #expect((Array(computed.prefix(tag.count)) == tag) == test.isValid, "test \(test.tcId)")
                count += 1
            }
        }
        #expect(count > 100)
    }

    @Test func cbcAgreesWithWycheproof() throws {
        var count = 0
        for test in try WycheproofFile.read("aes_cbc_pkcs5_test.json").testGroups.flatMap(\.tests)
        where test.isValid {
            guard let key = test.key?.bytes, let message = test.msg?.bytes else { continue }
            let cipher = try BlockCipher(
                CipherChoice(.aesCBC, keyBits: key.count * 8), key: SecretKey(copying: key))
            let pad = 16 - message.count % 16
            var bytes = message + Array(repeating: UInt8(pad), count: pad)
            try cipher.encrypt(&bytes, iv: test.iv?.bytes ?? [])
            #expect(bytes == test.ct?.bytes, "test \(test.tcId)")
            count += 1
        }
        #expect(count > 50)
    }
}
