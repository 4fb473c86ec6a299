import Algorithms
import ISAKMP
import Negotiation
import Testing

@testable import IKEv1

@Suite("Phase 1 transforms (family R4)")
struct OakleyTransformTests {
    private static let good = [
        DataAttribute(1, .basic(7)), DataAttribute(14, .basic(256)), DataAttribute(2, .basic(4)),
        DataAttribute(3, .basic(1)), DataAttribute(4, .basic(14)), DataAttribute(11, .basic(1)),
        DataAttribute(12, .variable([0, 0, 0x70, 0x80])),
    ]

    private func offer(_ attributes: [DataAttribute], identifier: UInt8 = 1) -> IKEOffer {
        TransformSubstructure(number: 1, identifier: identifier, attributes: attributes).ikeOffer
    }

    @Test("every algorithm of phase 1 goes out and comes back")
    func roundTrip() throws {
        for encryption in Catalogue.encryption where encryption.ikev1Phase1 != nil {
            for bits in encryption.keyLengths {
                for prf in Choices.phaseOneFunctions {
                    for group in Catalogue.keyExchange {
                        let proposal = IKEProposal(
                            encryption: CipherChoice(encryption, keyBits: bits), prf: prf, group: group,
                            authentication: .preSharedKey, lifetime: .seconds(86400))
                        let transform = try #require(TransformSubstructure(number: 9, proposal: proposal))
                        #expect(transform.number == 9 && transform.identifier == 1)
                        let expected = IKEOffer(
                            encryption: .known(proposal.encryption), prf: .known(prf), group: .known(group),
                            authentication: .known(.preSharedKey), lifetime: .seconds(86400))
                        #expect(transform.ikeOffer == expected)
                    }
                }
            }
        }
    }

    @Test("a cipher without a number in phase 1 is not offered")
    func noNumber() {
        let proposal = IKEProposal(
            encryption: CipherChoice(.aesGCM16), prf: .hmacSHA256, group: .modp2048,
            authentication: .preSharedKey, lifetime: .seconds(1))
        #expect(TransformSubstructure(number: 1, proposal: proposal) == nil)
    }

    @Test("every part left out is absent, none is invented but the cipher's own key length")
    func missing() {
        #expect(
            offer([])
                == IKEOffer(
                    encryption: .absent, prf: .absent, group: .absent, authentication: .absent, lifetime: nil)
        )
        let noLength = offer(Self.good.filter { $0.type != 14 })
        #expect(noLength.encryption == .known(CipherChoice(.aesCBC, keyBits: 128)))
    }

    @Test("key lengths of 0, odd and huge are unknown", arguments: [0, 1, 127, 129, 512, 65535] as [UInt16])
    func keyLengths(bits: UInt16) {
        let offer = offer(Self.good.filter { $0.type != 14 } + [DataAttribute(14, .basic(bits))])
        #expect(offer.encryption == .unknown("aes-cbc with a key of \(bits) bits"))
    }

    @Test("unknown numbers are shown by name or number")
    func unknown() {
        let offer = offer([
            DataAttribute(1, .basic(65001)), DataAttribute(2, .basic(3)), DataAttribute(3, .basic(2)),
            DataAttribute(4, .basic(33)),
        ])
        #expect(offer.encryption == .unknown("encryption 65001"))
        #expect(offer.prf == .unknown("hash 3"))
        #expect(offer.authentication == .unknown("DSS signatures"))
        #expect(offer.group == .unknown("group 33"))
    }

    @Test(
        "an attribute said twice or in the wrong shape is never a choice",
        arguments: [1, 2, 3, 4, 14] as [UInt16])
    func twisted(type: UInt16) {
        let twice = offer(Self.good + Self.good.filter { $0.type == type })
        let shape = offer(
            Self.good.map { $0.type == type ? DataAttribute(type, .variable([0, 1])) : $0 })
        for offer in [twice, shape] {
            let isWhole =
                offer.encryption.choice != nil && offer.prf.choice != nil && offer.group.choice != nil
                && offer.authentication.choice != nil
            #expect(!isWhole)
        }
    }

    @Test(
        "attributes that change the meaning and foreign ones spoil a transform",
        arguments: [5, 6, 10, 13, 15, 17, 16384, 32767] as [UInt16])
    func strays(type: UInt16) {
        let offer = offer(Self.good + [DataAttribute(type, .basic(1))])
        #expect(offer.encryption == .unknown("aes-cbc-256 with unknown attribute \(type)"))
    }

    @Test("another transform than KEY_IKE is unknown")
    func identifier() {
        #expect(
            offer(Self.good, identifier: 2).encryption == .unknown("aes-cbc-256 with transform identifier 2"))
    }

    @Test(
        "lifetimes of 1 to 8 octets are read, and longer than 136 years is 136 years",
        arguments: [
            ([5], 5), ([0, 0, 0x70, 0x80], 28800), ([255, 255, 255, 255], 4_294_967_295),
            ([0, 0, 0, 1, 0, 0, 0, 0], 4_294_967_295), (Array(repeating: 255, count: 8), 4_294_967_295),
        ] as [([UInt8], Int64)])
    func lifetimes(octets: [UInt8], seconds: Int64) {
        let offer = offer(Self.good.dropLast() + [DataAttribute(12, .variable(octets))])
        #expect(offer.lifetime == .seconds(seconds))
        #expect(offer.encryption.choice != nil)
    }

    @Test(
        "lifetimes of nothing, without a type, or twice spoil a transform",
        arguments: [
            [DataAttribute(11, .basic(1)), DataAttribute(12, .basic(0))],
            [DataAttribute(11, .basic(1)), DataAttribute(12, .variable([]))],
            [DataAttribute(11, .basic(1)), DataAttribute(12, .variable(Array(repeating: 1, count: 9)))],
            [DataAttribute(12, .basic(5))], [DataAttribute(11, .basic(1))],
            [DataAttribute(11, .basic(3)), DataAttribute(12, .basic(5))],
            [DataAttribute(11, .variable([0, 1])), DataAttribute(12, .basic(5))],
            [
                DataAttribute(11, .basic(1)), DataAttribute(12, .basic(5)), DataAttribute(11, .basic(1)),
                DataAttribute(12, .basic(6)),
            ],
        ])
    func badLifetimes(attributes: [DataAttribute]) {
        #expect(offer(Self.good.dropLast(2) + attributes).encryption.choice == nil)
    }
}
