import Algorithms
import IPsec
import ISAKMP
import Negotiation
import Testing

@testable import IKEv2

@Suite("Proposals to transforms and back")
struct SuiteTransformTests {
    private typealias Proposal = SecurityAssociationPayload.Proposal
    private typealias Transform = SecurityAssociationPayload.Transform

    @Test("every cipher of the catalogue that IKEv2 numbers goes out and comes back with every key length")
    func ciphers() {
        for algorithm in Catalogue.encryption where algorithm.ikev2 != nil {
            for bits in algorithm.keyLengths {
                let cipher = CipherChoice(algorithm, keyBits: bits)
                let ours = SuiteProposal(
                    encryption: [cipher], integrity: algorithm.isAEAD ? [] : [.hmacSHA256],
                    prfs: [.hmacSHA256],
                    keyExchange: [.ecp256])
                let offer = Proposal(number: 1, .ike, spi: [], ours).offer(for: .ike, spiSize: 0)
                let selection = SuiteSelection.select(from: [offer], accepting: [ours])
                #expect(selection?.suite.encryption == cipher, "\(cipher)")
            }
        }
    }

    @Test("an answer repeats number and protocol, and holds one transform of each kind")
    func answer() throws {
        let ours = SuiteProposal(
            encryption: [CipherChoice(.aesCBC, keyBits: 128), CipherChoice(.aesCBC, keyBits: 256)],
            integrity: [.hmacSHA1, .hmacSHA256], keyExchange: [.ecp256, .modp2048],
            sequenceNumbers: [.extended, .short])
        let offer = Proposal(number: 3, .esp, spi: [1, 2, 3, 4], ours)
        let selection = try #require(
            SuiteSelection.select(from: [offer.offer(for: .esp, spiSize: 4)], accepting: [ours]))
        let answer = Proposal(answering: offer, spi: [9, 9, 9, 9], selection)
        #expect(answer.number == 3)
        #expect(answer.protocolID == 3)
        #expect(answer.transforms.map(\.type) == [1, 3, 4, 5])
        #expect(answer.transforms[0] == Transform(.encryption, 12, keyBits: 128))
        let back = SuiteSelection.select(from: [answer.offer(for: .esp, spiSize: 4)], accepting: [ours])
        #expect(back?.suite == selection.suite)
    }

    @Test("transforms that say none are answered in kind, absent ones with nothing")
    func statedNone() throws {
        let ours = SuiteProposal(
            encryption: [CipherChoice(.aesGCM16, keyBits: 128)], sequenceNumbers: [.short])
        let plain = Proposal(
            number: 1, .esp, spi: [1, 2, 3, 4], transforms: [Transform(.encryption, 20, keyBits: 128)])
        var stated = plain
        stated.transforms += [
            Transform(.integrity, 0), Transform(.keyExchange, 0), Transform(.sequenceNumbers, 0),
        ]
        for (offer, kinds) in [(plain, [1]), (stated, [1, 3, 4, 5])] as [(Proposal, [UInt8])] {
            let selection = try #require(
                SuiteSelection.select(from: [offer.offer(for: .esp, spiSize: 4)], accepting: [ours]))
            #expect(Proposal(answering: offer, spi: [9, 9, 9, 9], selection).transforms.map(\.type) == kinds)
        }
    }

    @Test(
        "a key length where none may be, none where one must be, and one that is not are unknown",
        arguments: [
            Transform(.encryption, 12), Transform(.encryption, 12, keyBits: 129),
            Transform(.encryption, 3, keyBits: 192),
            Transform(.encryption, 28, keyBits: 256), Transform(.encryption, 12, keyBits: 0),
            Transform(
                type: 1, number: 12,
                attributes: [DataAttribute(14, .basic(128)), DataAttribute(14, .basic(128))]),
            Transform(type: 1, number: 12, attributes: [DataAttribute(15, .basic(128))]),
            Transform(.encryption, 60000),
        ])
    func keyLengths(transform: SecurityAssociationPayload.Transform) {
        let offer = Proposal(number: 1, .ike, spi: [], transforms: [transform]).offer(for: .ike, spiSize: 0)
        #expect(offer.encryption.count == 1)
        #expect(offer.encryption.first?.choice == nil)
    }

    @Test("proposals for another protocol, or with an SPI that cannot be, are flawed")
    func flaws() {
        let transforms = [Transform(.encryption, 20, keyBits: 128)]
        func flaw(_ kind: IKEProtocol, _ spi: [UInt8], _ asked: IKEProtocol, _ size: Int) -> String? {
            Proposal(number: 1, kind, spi: spi, transforms: transforms).offer(for: asked, spiSize: size).flaw
        }
        #expect(flaw(.esp, [1, 2, 3, 4], .esp, 4) == nil)
        #expect(flaw(.ah, [1, 2, 3, 4], .esp, 4) != nil)
        #expect(flaw(.esp, [1, 2, 3], .esp, 4) != nil)
        #expect(flaw(.esp, [0, 0, 0, 255], .esp, 4) != nil)
        #expect(flaw(.ike, [1], .ike, 0) != nil)
        #expect(flaw(.ike, Array(repeating: 1, count: 8), .ike, 8) == nil)
    }
}
