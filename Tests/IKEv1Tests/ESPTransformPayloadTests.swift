import Algorithms
import IPsec
import ISAKMP
import Negotiation
import Testing

@testable import IKEv1

@Suite("Phase 2 transforms (family R4)")
struct ESPTransformPayloadTests {
    @Test("every ESP suite goes out and comes back")
    func roundTrip() throws {
        let forms: [(EncapsulationMode, EncapsulationForm)] = [
            (.tunnel, .none), (.transport, .none), (.tunnel, .rfc3947), (.transport, .rfc3947),
            (.tunnel, .draft), (.transport, .draft),
        ]
        for encryption in Catalogue.encryption where encryption.ikev1ESP != nil {
            for integrity in Catalogue.integrity where integrity.ikev1ESP != nil {
                for (mode, form) in forms {
                    let cipher = CipherChoice(encryption)
                    let transform = try #require(
                        TransformSubstructure(
                            number: 2, encryption: cipher, integrity: integrity, group: .modp768, mode: mode,
                            encapsulation: form, lifetime: .seconds(3600), kilobytes: 5_000_000_000))
                    let expected = ChildOffer(
                        encryption: .known(cipher),
                        integrity: encryption.isAEAD ? .absent : .known(integrity),
                        pfsGroup: .known(.modp768), mode: .known(mode), lifetime: .seconds(3600),
                        kilobytes: 5_000_000_000)
                    #expect(transform.childOffer == expected)
                    #expect(transform.encapsulationForm == form)
                }
            }
        }
    }

    @Test("an AEAD beside an integrity algorithm shows both, for the selection to refuse")
    func doubleIntegrity() {
        let transform = TransformSubstructure(
            number: 1, identifier: 20, attributes: [DataAttribute(5, .basic(2)), DataAttribute(4, .basic(1))])
        #expect(transform.childOffer.integrity == .known(.hmacSHA1))
        #expect(transform.childOffer.encryption.choice?.algorithm == .aesGCM16)
    }

    @Test("unknown transforms and modes are shown", arguments: [0, 1, 21, 24, 255] as [UInt8])
    func unknown(identifier: UInt8) {
        let transform = TransformSubstructure(
            number: 1, identifier: identifier, attributes: [DataAttribute(4, .basic(61440))])
        #expect(transform.childOffer.encryption.choice == nil)
        #expect(transform.childOffer.encryption != .absent)
        #expect(transform.childOffer.mode == .unknown("encapsulation mode 61440"))
        #expect(transform.encapsulationForm == nil)
    }

    @Test("a mode said twice has no form")
    func twice() {
        let mode = DataAttribute(4, .basic(1))
        let transform = TransformSubstructure(number: 1, identifier: 12, attributes: [mode, mode])
        #expect(transform.encapsulationForm == nil)
        #expect(transform.childOffer.mode == .unknown("said twice"))
    }

    @Test("extended sequence numbers, which nobody here offers, spoil a transform")
    func extendedSequenceNumbers() {
        let transform = TransformSubstructure(
            number: 1, identifier: 12, attributes: [DataAttribute(11, .basic(1))])
        #expect(transform.childOffer.encryption == .unknown("aes-cbc-128 with unknown attribute 11"))
    }

    @Test("a responder's lifetime is read, and nothing of a broken one")
    func responderLifetime() {
        let attributes = TransformSubstructure.responderLifetime(.seconds(100_000))
        #expect(TransformSubstructure.responderLifetime(attributes).0 == .seconds(100_000))
        #expect(TransformSubstructure.responderLifetime(attributes + [DataAttribute(4, .basic(1))]).0 == nil)
    }
}
