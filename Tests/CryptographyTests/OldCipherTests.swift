import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

/// One example of a cipher that is not AES, from its own standard.
struct CipherExample: Sendable, CustomTestStringConvertible {
    let source: String
    let algorithm: EncryptionAlgorithm
    let key: String
    var iv: String?
    let clear: String
    let encrypted: String

    var testDescription: String { "\(algorithm) of \(source), \(key.count * 4) bits" }

    static let camelliaClear = "0123456789abcdeffedcba9876543210"

    static let all: [CipherExample] = [
        CipherExample(
            source: "RFC 2144 B.1", algorithm: .cast128CBC, key: "0123456712345678234567893456789a",
            clear: "0123456789abcdef", encrypted: "238b4fe5847e44b2"),
        CipherExample(
            source: "RFC 2144 B.1", algorithm: .cast128CBC, key: "01234567123456782345",
            clear: "0123456789abcdef", encrypted: "eb6a711a2c02271b"),
        CipherExample(
            source: "RFC 2144 B.1", algorithm: .cast128CBC, key: "0123456712", clear: "0123456789abcdef",
            encrypted: "7ac816d16e9b302e"),
        CipherExample(
            source: "E. Young's vectors", algorithm: .blowfishCBC, key: "0123456789abcdef",
            clear: "1111111111111111", encrypted: "61f9c3802281b096"),
        CipherExample(
            source: "E. Young's vectors", algorithm: .blowfishCBC, key: "f0e1d2c3b4",
            clear: "fedcba9876543210", encrypted: "b39e44481bdb1e6e"),
        CipherExample(
            source: "E. Young's vectors", algorithm: .blowfishCBC,
            key: "f0e1d2c3b4a5968778695a4b3c2d1e0f0011223344556677", clear: "fedcba9876543210",
            encrypted: "05044b62fa52d080"),
        CipherExample(
            source: "FIPS 81", algorithm: .desCBC, key: "0123456789abcdef", iv: "1234567890abcdef",
            clear: "4e6f77206973207468652074696d6520666f7220616c6c20",
            encrypted: "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"),
        CipherExample(
            source: "RFC 3713", algorithm: .camelliaCBC, key: "0123456789abcdeffedcba9876543210",
            clear: camelliaClear, encrypted: "67673138549669730857065648eabe43"),
        CipherExample(
            source: "RFC 3713", algorithm: .camelliaCBC,
            key: "0123456789abcdeffedcba98765432100011223344556677", clear: camelliaClear,
            encrypted: "b4993401b3e996f84ee5cee7d79b09b9"),
        CipherExample(
            source: "RFC 3713", algorithm: .camelliaCBC,
            key: "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff", clear: camelliaClear,
            encrypted: "9acc237dff16d76c20ef7c919e3a7509"),
        CipherExample(
            source: "GB/T 32907", algorithm: .sm4CBC, key: "0123456789abcdeffedcba9876543210",
            clear: camelliaClear, encrypted: "681edf34d206965e86b3e94f536e4246"),
    ]
}

struct OldCipherTests {
    @Test(arguments: CipherExample.all)
    func matchesItsStandard(_ example: CipherExample) throws {
        let key = try #require(octets(hexadecimal: example.key))
        let choice = CipherChoice(example.algorithm, keyBits: key.count * 8)
        let cipher = try BlockCipher(choice, key: SecretKey(copying: key))
        let iv = try example.iv.map { try #require(octets(hexadecimal: $0)) }
        let initial = iv ?? [UInt8](repeating: 0, count: cipher.blockSize)
        var bytes = try #require(octets(hexadecimal: example.clear))
        try cipher.encrypt(&bytes, iv: initial)
        #expect(bytes.hexadecimal == example.encrypted)
        try cipher.decrypt(&bytes, iv: initial)
        #expect(bytes.hexadecimal == example.clear)
    }

    @Test(.enabled(if: VectorFile.isPresent("wycheproof")))
    func camelliaAgreesWithWycheproof() throws {
        var count = 0
        for test in try WycheproofFile.read("camellia_cbc_pkcs5_test.json").testGroups.flatMap(\.tests)
        where test.isValid {
            guard let key = test.key?.bytes, let message = test.msg?.bytes else { continue }
            let choice = CipherChoice(.camelliaCBC, keyBits: key.count * 8)
            let cipher = try BlockCipher(choice, key: SecretKey(copying: key))
            let pad = 16 - message.count % 16
            var bytes = message + Array(repeating: UInt8(pad), count: pad)
            try cipher.encrypt(&bytes, iv: test.iv?.bytes ?? [])
            #expect(bytes == test.ct?.bytes, "test \(test.tcId)")
            count += 1
        }
        #expect(count > 50)
    }

    /// RFC 2286 section 2, the examples of HMAC-RIPEMD160.
    static let ripemd: [(key: [UInt8], message: [UInt8], tag: String)] = [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "24cb4bd67d20fc1a5d2ed7732dcc39377f0a5668"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "dda6c0213a485a9e24f4742064a7f033b43c4069"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "b0b105360de759960ab4f35298e116e295d8e7c1"
        ),
    ]

    @Test(arguments: ripemd)
    func hmacRIPEMD160MatchesRFC2286(_ key: [UInt8], _ message: [UInt8], _ tag: String) {
        let found = MessageAuthentication.compute(.ripemd160, key: SecretKey(copying: key), data: message)
        #expect(found.hexadecimal == tag)
    }
}
