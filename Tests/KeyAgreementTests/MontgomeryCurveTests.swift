import Algorithms
import Cryptography
import KeyAgreement
import KeyMaterial
import TestSupport
import Testing

/// The octets of RFC 7748 and RFC 8031.
struct MontgomeryVectors: Decodable, Sendable {
    struct Function: Decodable, Sendable, CustomTestStringConvertible {
        let group: UInt16
        let scalar: HexOctets
        let u: HexOctets
        let output: HexOctets

        var testDescription: String { "group \(group) u \(u)" }
    }

    struct Iteration: Decodable, Sendable, CustomTestStringConvertible {
        let group: UInt16
        let count: Int
        let output: HexOctets

        var testDescription: String { "group \(group) times \(count)" }
    }

    struct Exchange: Decodable, Sendable, CustomTestStringConvertible {
        let rfc: String
        let group: UInt16
        let a: HexOctets
        let publicA: HexOctets
        let b: HexOctets
        let publicB: HexOctets
        let secret: HexOctets

        var testDescription: String { "RFC \(rfc) group \(group)" }
    }

    let functions: [Function]
    let iterations: [Iteration]
    let exchanges: [Exchange]

    static func read() throws -> MontgomeryVectors {
        try VectorFile.committed(
            "montgomery_rfc7748_8031.json", of: "KeyAgreementTests", as: MontgomeryVectors.self)
    }
}

struct MontgomeryCurveTests {
    private func revealed(_ secret: SecretKey) -> [UInt8] {
        secret.withSpan { span in span.indices.map { span[$0] } }
    }

    private func function(_ method: KeyExchangeMethod, _ scalar: [UInt8], _ u: [UInt8]) throws -> [UInt8] {
        revealed(
            try KeyExchange(method, privateValue: SecretBytes(copying: scalar)).sharedSecret(with: u))
    }

    @Test(arguments: try MontgomeryVectors.read().functions)
    func matchesTheFunction(_ vector: MontgomeryVectors.Function) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        #expect(try function(method, vector.scalar.bytes, vector.u.bytes) == vector.output.bytes)
    }

    @Test(arguments: try MontgomeryVectors.read().iterations)
    func matchesTheIteratedFunction(_ vector: MontgomeryVectors.Iteration) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        var u = [UInt8](repeating: 0, count: method.publicValueSize)
        u[0] = method == .curve25519 ? 9 : 5
        var scalar = u
        for _ in 0..<vector.count { (scalar, u) = (try function(method, scalar, u), scalar) }
        #expect(scalar == vector.output.bytes)
    }

    @Test(arguments: try MontgomeryVectors.read().exchanges)
    func matchesTheExchange(_ vector: MontgomeryVectors.Exchange) throws {
        let method = try #require(Catalogue.keyExchange(number: vector.group))
        let a = try KeyExchange(method, privateValue: SecretBytes(copying: vector.a.bytes))
        let b = try KeyExchange(method, privateValue: SecretBytes(copying: vector.b.bytes))
        let values = (a.publicValue, b.publicValue)
        #expect(values.0 == vector.publicA.bytes)
        #expect(values.1 == vector.publicB.bytes)
        let secrets = (try a.sharedSecret(with: values.1), try b.sharedSecret(with: values.0))
        #expect(revealed(secrets.0) == vector.secret.bytes)
        #expect(revealed(secrets.1) == vector.secret.bytes)
    }

    /// 0 and 1, and for X25519 a point of order 8; the first two again as numbers beyond the field.
    static let smallOrder: [(KeyExchangeMethod, String)] = [
        (.curve25519, String(repeating: "00", count: 32)),
        (.curve25519, "01" + String(repeating: "00", count: 31)),
        (.curve25519, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        (.curve25519, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        (.curve25519, "ed" + String(repeating: "ff", count: 30) + "7f"),
        (.curve25519, "ee" + String(repeating: "ff", count: 30) + "7f"),
        (.curve25519, "ec" + String(repeating: "ff", count: 30) + "7f"),
        (.curve25519, "ed" + String(repeating: "ff", count: 31)),
        (.curve448, String(repeating: "00", count: 56)),
        (.curve448, "01" + String(repeating: "00", count: 55)),
        (.curve448, String(repeating: "ff", count: 28) + "fe" + String(repeating: "ff", count: 27)),
        (.curve448, "fe" + String(repeating: "ff", count: 27) + "fe" + String(repeating: "ff", count: 27)),
    ]

    @Test(arguments: smallOrder)
    func refusesSecretsOfZeros(_ method: KeyExchangeMethod, _ hexadecimal: String) throws {
        let value = try #require(octets(hexadecimal: hexadecimal))
        var random = FixedRandom(seed: 11)
        let exchange = try KeyExchange(method, random: &random)
        var found: KeyExchangeFailure?
        do throws(KeyExchangeFailure) { _ = try exchange.sharedSecret(with: value) } catch { found = error }
        #expect(found == .smallOrder)
        #expect(throws: KeyExchangeFailure.smallOrder) { try KeyExchange.validate(value, for: method) }
    }

    @Test(arguments: [KeyExchangeMethod.curve25519, .curve448])
    func refusesOtherLengths(_ method: KeyExchangeMethod) {
        let size = method.publicValueSize
        for count in [0, size - 1, size + 1] {
            #expect(throws: KeyExchangeFailure.wrongSize(expected: size, found: count)) {
                try KeyExchange.validate([UInt8](repeating: 9, count: count), for: method)
            }
        }
    }
}
