import Algorithms
import IPsec
import KeyMaterial
import TestSupport
import Testing

@testable import PFKey

@Suite struct SADBRequestTests {
    private static let addresses: [SADBExtension] = [
        .address(.source, SADBAddress(host: IPAddress(family: .ipv4, value: 0xc000_0201))),
        .address(.destination, SADBAddress(host: IPAddress(family: .ipv4, value: 0xc000_0202))),
    ]
    private static let spi = SADBExtension.association(
        SADBAssociation(spi: 0x1001, authentication: 5, encryption: 12))

    private static func key(_ role: SADBKey.Role, _ count: Int) throws -> SADBExtension {
        .key(role, try SADBKey(SecretKey(copying: Array(repeating: 7, count: count))))
    }

    private static func error(
        _ type: SADBMessageType, _ satype: SADBSatype, _ extensions: [SADBExtension]
    ) -> SADBErrorNumber? {
        do {
            _ = try SADBRequest(SADBMessage(SADBHeader(type, satype), extensions), .own)
            return nil
        } catch {
            return error.number
        }
    }

    @Test(arguments: [
        (SADBDialect.own, 128),
        (SADBDialect(sha256: .hmacSHA256With96Bits, emptySelector: .told, refusal: .number), 96),
    ])
    func theTruncationOfSHA256IsTheDialects(_ dialect: SADBDialect, _ bits: Int) throws {
        let extensions =
            [Self.spi] + Self.addresses + [try Self.key(.authentication, 32), try Self.key(.encryption, 16)]
        let request = try SADBRequest(SADBMessage(SADBHeader(.add, .esp), extensions), dialect)
        guard case .database(.addSA(let entry)) = request,
            case .esp(let cipher, let integrity?) = entry.transform
        else {
            Issue.record("not an SA with integrity: \(request)")
            return
        }
        #expect(cipher.algorithm == .known(.aesCBC))
        #expect(integrity.icvBits == bits)
    }

    @Test func whatLinuxRefusesIsRefusedWithItsNumber() throws {
        let keys = [try Self.key(.authentication, 32), try Self.key(.encryption, 16)]
        let whole = [Self.spi] + Self.addresses + keys
        #expect(Self.error(.add, .esp, whole) == nil)
        #expect(Self.error(.add, .unspecified, whole) == .noProtocol)
        #expect(Self.error(.add, .esp, [Self.spi] + Self.addresses) == .invalid)
        #expect(Self.error(.add, .esp, Self.addresses + keys) == .invalid)
        #expect(Self.error(.add, .esp, [Self.spi] + keys) == .invalid)
        #expect(Self.error(.add, .esp, whole + [.lifetime(.hard, SADBLifetime())]) == .invalid)
        let unknown = SADBExtension.association(SADBAssociation(spi: 1, authentication: 5, encryption: 99))
        #expect(Self.error(.add, .esp, [unknown] + Self.addresses + keys) == .noAlgorithm)
        #expect(Self.error(.flush, SADBSatype(5), []) == .invalid)
        #expect(Self.error(.expire, .esp, []) == .notSupported)
        #expect(Self.error(.acquire, .esp, Self.addresses) == .notSupported)
        #expect(
            Self.error(.policyGet, .unspecified, [.policy(SADBPolicy(type: 0, direction: 0, index: 11))])
                == .invalid)
        let deep = Array(
            repeating: SADBPolicy.Request(protocol: 50, mode: 1, level: 2, requestID: 0), count: 7)
        let policy = SADBPolicy(type: 2, direction: 2, requests: deep)
        #expect(Self.error(.policyAdd, .unspecified, Self.addresses + [.policy(policy)]) == .tooDeep)
    }

    @Test(arguments: Catalogue.encryption.filter { $0.pfkey != nil })
    func everyCipherOfTheCatalogueHasANumberAndComesBack(_ cipher: EncryptionAlgorithm) throws {
        let keyed = KeyedCipher(cipher, key: SecretKey(copying: []))
        let number = try #require(AlgorithmNumbers.number(of: keyed))
        #expect(AlgorithmNumbers.cipher(number) == cipher)
    }

    @Test func anAcquireOffersEveryPairAndIsAsLongAsItsCombinations() throws {
        let few = SADBAlgorithms(
            authentication: [.init(251, bits: 0...0), .init(3, bits: 160...160), .init(5, bits: 256...256)],
            encryption: [.init(11, bits: 0...0), .init(12, ivSize: 8, bits: 128...256)])
        #expect(few.combinations(isAH: true).map(\.authentication) == [3, 5])
        #expect(few.combinations(isAH: false).map(\.encryption) == [11, 11, 12, 12])
        let combinations = SADBAlgorithms(Catalogue.encryption, Catalogue.integrity).combinations(isAH: false)
        let bytes = try SADBMessage(
            SADBHeader(.acquire, .esp), [.proposal(SADBProposal(combinations: combinations))]
        ).encoded()
        #expect(bytes.count == 16 + 8 + 72 * combinations.count)
        #expect(combinations.contains { $0.encryption == 20 && $0.authentication == 0 })
    }
}
