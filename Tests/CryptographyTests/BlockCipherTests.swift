import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

struct CBCVector: Decodable, Sendable, CustomTestStringConvertible {
    let `case`: Int
    let kind: String
    let key: HexOctets
    let iv: HexOctets
    let plaintext: HexOctets
    let ciphertext: HexOctets

    var testDescription: String { "RFC 3602 case \(`case`)" }
}

/// The RFC 3602 file holds whole packets as well, with other members; only the plain cases are read here.
struct CBCVectorFile: Decodable {
    let vectors: [CBCVector]

    private struct Kind: Decodable {
        let kind: String
    }

    private enum CodingKeys: CodingKey {
        case vectors
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kinds = try container.decode([Kind].self, forKey: .vectors)
        var list = try container.nestedUnkeyedContainer(forKey: .vectors)
        var vectors: [CBCVector] = []
        for kind in kinds where kind.kind == "aes-cbc" { vectors.append(try list.decode(CBCVector.self)) }
        self.vectors = vectors
    }

    static func all() throws -> [CBCVector] {
        try VectorFile.committed("esp_rfc3602.json", of: "CryptographyTests", as: CBCVectorFile.self).vectors
    }
}

struct BlockCipherTests {
    @Test(arguments: try CBCVectorFile.all())
    func matchesRFC3602(_ vector: CBCVector) throws {
        let choice = CipherChoice(.aesCBC, keyBits: vector.key.bytes.count * 8)
        let cipher = try BlockCipher(choice, key: SecretKey(copying: vector.key.bytes))
        var bytes = vector.plaintext.bytes
        try cipher.encrypt(&bytes, iv: vector.iv.bytes)
        #expect(bytes == vector.ciphertext.bytes)
        try cipher.decrypt(&bytes, iv: vector.iv.bytes)
        #expect(bytes == vector.plaintext.bytes)
    }

    static let choices: [CipherChoice] = Catalogue.encryption
        .filter { $0.construction == .cbc && $0.isInSoftware }
        .flatMap { algorithm in algorithm.keyLengths.map { CipherChoice(algorithm, keyBits: $0) } }

    @Test(arguments: choices)
    func comesBack(_ choice: CipherChoice) throws {
        var random = FixedRandom(seed: 1)
        let cipher = try BlockCipher(choice, key: SecretKey(random.secret(count: choice.keyBits / 8)))
        let iv = random.bytes(count: cipher.blockSize)
        for blocks in 0..<20 {
            let clear = random.bytes(count: blocks * cipher.blockSize)
            var bytes = clear
            try cipher.encrypt(&bytes, iv: iv)
            #expect(blocks == 0 || bytes != clear)
            try cipher.decrypt(&bytes, iv: iv)
            #expect(bytes == clear)
        }
    }

    /// With three equal keys 3DES is DES: the FIPS 81 example, first block, IV 1234567890abcdef.
    @Test func tripleDESWithEqualKeysIsDES() throws {
        let key = try #require(octets(hexadecimal: "0123456789abcdef"))
        let iv = try #require(octets(hexadecimal: "1234567890abcdef"))
        let cipher = try BlockCipher(CipherChoice(.tripleDES), key: SecretKey(copying: key + key + key))
        var bytes = Array("Now is the time for all ".utf8)
        try cipher.encrypt(&bytes, iv: iv)
        #expect(bytes.hexadecimal == "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6")
    }

    @Test func refusesWhatDoesNotFit() throws {
        let key = SecretKey(copying: [UInt8](repeating: 7, count: 16))
        #expect(throws: CipherFailure.keySize(expected: 32, found: 16)) {
            try BlockCipher(CipherChoice(.aesCBC, keyBits: 256), key: key)
        }
        #expect(throws: CipherFailure.unsupported("aes-gcm-16-128")) {
            try BlockCipher(CipherChoice(.aesGCM16), key: key)
        }
        #expect(throws: CipherFailure.unsupported("aes-cbc-64")) {
            try BlockCipher(CipherChoice(.aesCBC, keyBits: 64), key: key)
        }
        let cipher = try BlockCipher(CipherChoice(.aesCBC), key: key)
        var bytes = [UInt8](repeating: 1, count: 17)
        #expect(throws: CipherFailure.partialBlock(blockSize: 16, found: 17)) {
            try cipher.decrypt(&bytes, iv: [UInt8](repeating: 0, count: 16))
        }
        #expect(throws: CipherFailure.ivSize(expected: 16, found: 8)) {
            try cipher.encrypt(&bytes, iv: [UInt8](repeating: 0, count: 8))
        }
        #expect(bytes == [UInt8](repeating: 1, count: 17))
    }
}
