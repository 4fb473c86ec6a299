import Algorithms
import Cryptography
import KeyMaterial
import TestSupport
import Testing

struct HMACVector: Decodable, Sendable, CustomTestStringConvertible {
    let rfc: String
    let hash: String
    let key: HexOctets
    let msg: HexOctets
    let mac: HexOctets

    var testDescription: String { "RFC \(rfc) \(hash) key \(key.bytes.count) message \(msg.bytes.count)" }

    struct File: Decodable {
        let vectors: [HMACVector]
    }

    static func all() throws -> [HMACVector] {
        let file = try VectorFile.committed("hmac_rfc2202_4231.json", of: "CryptographyTests", as: File.self)
        return file.vectors.filter { $0.hash != "sha224" }
    }
}

struct HMAC4868Vector: Decodable, Sendable, CustomTestStringConvertible {
    let `case`: String
    let alg: String
    let key: HexOctets
    let data: HexOctets
    let mac: HexOctets

    var testDescription: String { "\(`case`) \(alg)" }
    var hash: HashFunction? {
        HashFunction.allCases.first { $0 != .md5 && alg.contains("SHA-" + $0.rawValue.dropFirst(3)) }
    }

    struct File: Decodable {
        let vectors: [HMAC4868Vector]
    }

    static func all() throws -> [HMAC4868Vector] {
        try VectorFile.committed("hmac_rfc4868.json", of: "CryptographyTests", as: File.self).vectors
    }
}

struct MessageAuthenticationTests {
    @Test(arguments: try HMACVector.all())
    func matchesRFC2202And4231(_ vector: HMACVector) throws {
        let hash = try #require(HashFunction(rawValue: vector.hash))
        let key = SecretKey(copying: vector.key.bytes)
        let tag = MessageAuthentication.compute(hash, key: key, data: vector.msg.bytes)
        #expect(!vector.mac.bytes.isEmpty)
        #expect(Array(tag.prefix(vector.mac.bytes.count)) == vector.mac.bytes)
    }

    @Test(arguments: try HMAC4868Vector.all())
    func matchesRFC4868(_ vector: HMAC4868Vector) throws {
        let hash = try #require(vector.hash)
        let key = SecretKey(copying: vector.key.bytes)
        let tag = MessageAuthentication.compute(hash, key: key, data: vector.data.bytes)
        #expect(vector.mac.bytes.count >= 12)
        #expect(Array(tag.prefix(vector.mac.bytes.count)) == vector.mac.bytes)
    }

    @Test(arguments: HashFunction.allCases, MessageAuthentication.Use.allCases)
    func restartKeepsTheKeyAndForgetsWhatWasFed(_ hash: HashFunction, _ use: MessageAuthentication.Use) {
        let key = SecretKey(copying: [1, 2, 3])
        let expected = MessageAuthentication.compute(hash, key: key, data: [4, 5])
        var authentication = MessageAuthentication(hash, key: key, for: use)
        authentication.update([9, 9, 9])
        authentication.restart()
        authentication.update([4])
        authentication.update([])
        authentication.update([5].span)
        let first = authentication.finish()
        authentication.restart()
        authentication.update(SecretKey(copying: [4, 5]))
        let second = authentication.finish()
        #expect(first == expected)
        #expect(second == expected)
    }

    @Test(arguments: HashFunction.allCases)
    func anEmptyKeyIsPaddedLikeAnyOther(_ hash: HashFunction) {
        let empty = MessageAuthentication.compute(hash, key: SecretKey(copying: []), data: [1])
        let zero = MessageAuthentication.compute(hash, key: SecretKey(copying: [0]), data: [1])
        #expect(empty == zero)
    }
}
