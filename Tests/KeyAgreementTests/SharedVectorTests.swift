import Algorithms
import KeyAgreement
import KeyMaterial
import TestSupport
import Testing

/// Vectors that are read in place: NIST CAVP and Project Wycheproof.
struct CAVPExchange: Decodable, Sendable {
    let curve: String
    let peerX: HexOctets
    let peerY: HexOctets
    let privateValue: HexOctets
    let x: HexOctets
    let y: HexOctets
    let secret: HexOctets

    private enum CodingKeys: String, CodingKey {
        case curve
        case peerX = "QCAVSx"
        case peerY = "QCAVSy"
        case privateValue = "dIUT"
        case x = "QIUTx"
        case y = "QIUTy"
        case secret = "ZIUT"
    }

    struct File: Decodable {
        let tests: [CAVPExchange]
    }
}

@Suite(.enabled(if: VectorFile.isPresent("wycheproof") && VectorFile.isPresent("cavp_ecdh_cdh.json")))
struct SharedVectorTests {
    static let curves: [(String, KeyExchangeMethod)] = [
        ("P-192", .ecp192), ("P-224", .ecp224), ("P-256", .ecp256), ("P-384", .ecp384), ("P-521", .ecp521),
    ]

    private func secret(
        _ method: KeyExchangeMethod, privateValue: [UInt8], peer: [UInt8]
    ) throws(KeyExchangeFailure) -> SecretKey {
        try KeyExchange(method, privateValue: SecretBytes(copying: privateValue)).sharedSecret(with: peer)
    }

    @Test(arguments: curves)
    func exchangesAgreeWithCAVP(_ curve: String, _ method: KeyExchangeMethod) throws {
        let tests = try VectorFile.shared("cavp_ecdh_cdh.json", as: CAVPExchange.File.self).tests
        let mine = tests.filter { $0.curve == curve }
        #expect(mine.count == 25)
        for test in mine {
            let ours = try KeyExchange(method, privateValue: SecretBytes(copying: test.privateValue.bytes))
            let value = ours.publicValue
            #expect(value == padded(test.x, method) + padded(test.y, method))
            let secret = try ours.sharedSecret(with: padded(test.peerX, method) + padded(test.peerY, method))
            #expect(SecretKey.constantTimeEqual(secret, SecretKey(copying: padded(test.secret, method))))
        }
    }

    private func padded(_ octets: HexOctets, _ method: KeyExchangeMethod) -> [UInt8] {
        let digits = octets.bytes.drop { $0 == 0 }
        return Array(repeating: 0, count: method.sharedSecretSize - digits.count) + digits
    }

    static let ecdh: [(String, KeyExchangeMethod)] = [
        ("ecdh_secp224r1_ecpoint_test.json", .ecp224), ("ecdh_secp256r1_ecpoint_test.json", .ecp256),
        ("ecdh_secp384r1_ecpoint_test.json", .ecp384),
        ("ecdh_secp521r1_ecpoint_test.json", .ecp521),
    ]

    @Test(arguments: ecdh)
    func exchangesAgreeWithWycheproof(_ name: String, _ method: KeyExchangeMethod) throws {
        var accepted = 0
        var refused = 0
        for test in try WycheproofFile.read(name).testGroups.flatMap(\.tests) {
            guard let peer = test.public?.bytes, let privateValue = test.private?.bytes else { continue }
            // The payload of RFC 5903 has no octet for the point's form; other forms cannot be sent at all.
            guard peer.first == 4 else { continue }
            do throws(KeyExchangeFailure) {
                let secret = try secret(method, privateValue: privateValue, peer: Array(peer.dropFirst()))
                #expect(test.result != "invalid", "test \(test.tcId)")
                let expected = SecretKey(copying: test.shared?.bytes ?? [])
                #expect(SecretKey.constantTimeEqual(secret, expected), "test \(test.tcId)")
                accepted += 1
            } catch {
                #expect(!test.isValid, "test \(test.tcId)")
                refused += 1
            }
        }
        #expect(accepted > 100)
        #expect(refused > 5)
    }

    static let brainpool: [(String, KeyExchangeMethod)] = [
        ("ecdh_brainpoolP224r1_test.json", .brainpool224), ("ecdh_brainpoolP256r1_test.json", .brainpool256),
        ("ecdh_brainpoolP384r1_test.json", .brainpool384), ("ecdh_brainpoolP512r1_test.json", .brainpool512),
    ]

    @Test(arguments: brainpool)
    func exchangesOnBrainpoolCurvesAgreeWithWycheproof(_ name: String, _ method: KeyExchangeMethod) throws {
        var count = 0
        for test in try WycheproofFile.read(name).testGroups.flatMap(\.tests) where test.isValid {
            guard let key = test.public?.bytes, let privateValue = test.private?.bytes else { continue }
            // The point ends the key's DER.
            let secret = try secret(
                method, privateValue: privateValue, peer: Array(key.suffix(method.publicValueSize)))
            #expect(
                SecretKey.constantTimeEqual(secret, SecretKey(copying: test.shared?.bytes ?? [])),
                "test \(test.tcId)")
            count += 1
        }
        #expect(count > 50)
    }

    static let montgomery: [(String, KeyExchangeMethod)] = [
        ("x25519_test.json", .curve25519), ("x448_test.json", .curve448),
    ]

    @Test(arguments: montgomery)
    func exchangesOnMontgomeryCurvesAgreeWithWycheproof(_ name: String, _ method: KeyExchangeMethod) throws {
        var accepted = 0
        var refused = 0
        for test in try WycheproofFile.read(name).testGroups.flatMap(\.tests) {
            guard let peer = test.public?.bytes, let privateValue = test.private?.bytes else { continue }
            do throws(KeyExchangeFailure) {
                let secret = try secret(method, privateValue: privateValue, peer: peer)
                let expected = SecretKey(copying: test.shared?.bytes ?? [])
                #expect(SecretKey.constantTimeEqual(secret, expected), "test \(test.tcId)")
                accepted += 1
            } catch {
                let isRefusable = test.result == "invalid" || test.flags.contains("ZeroSharedSecret")
                #expect(isRefusable, "test \(test.tcId)")
                refused += 1
            }
        }
        #expect(accepted > 200)
        #expect(refused > 4)
    }
}
