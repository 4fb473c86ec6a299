import Algorithms
import ISAKMP
import IPsec
import Negotiation

/// A transform of a peer with where it stood, so that it can be sent back as it came.
struct ReceivedTransform<Offer> {
    var offer: Offer
    var proposal: ProposalSubstructure
    var transform: TransformSubstructure

    /// The proposal with this transform alone, as an answer repeats it (RFC 2408 section 4.2).
    func accepted(spi: [UInt8]) -> ProposalSubstructure {
        ProposalSubstructure(
            number: proposal.number, protocolID: proposal.protocolID, spi: spi, transforms: [transform])
    }
}

/// Phase 1 proposals as transforms of RFC 2409 appendix A, and back.
enum PhaseOneOffers {
    /// Our proposals in order of preference, as the one proposal that phase 1 has.
    static func write(_ proposals: [IKEProposal]) -> [ProposalSubstructure] {
        let transforms = proposals.prefix(255).enumerated().compactMap { index, proposal in
            attributes(of: proposal).map {
                TransformSubstructure.oakley(number: UInt8(truncatingIfNeeded: index + 1), id: keyIKE, $0)
            }
        }
        return [ProposalSubstructure(number: 1, protocolID: isakmp, spi: [], transforms: transforms)]
    }

    /// The peer's offers in its order of preference.
    static func read(_ proposals: [ProposalSubstructure]) -> [ReceivedTransform<IKEOffer>] {
        let all = proposals.filter { $0.protocolID == isakmp }.flatMap { proposal in
            proposal.transforms.filter { $0.id == keyIKE }.map {
                ReceivedTransform(offer: offer($0.attributes), proposal: proposal, transform: $0)
            }
        }
        return Array(all.prefix(ProtocolLimits.offers))
    }

    private static func attributes(of proposal: IKEProposal) -> [DataAttribute]? {
        guard let cipher = proposal.encryption.algorithm.ikev1Phase1, let hash = proposal.prf.ikev1Hash else {
            return nil
        }
        var attributes = [DataAttribute(encryption, number: UInt64(cipher))]
        if proposal.encryption.algorithm.hasVariableKeyLength {
            attributes.append(DataAttribute(keyLength, number: UInt64(proposal.encryption.keyBits)))
        }
        attributes += [
            DataAttribute(self.hash, number: UInt64(hash)),
            DataAttribute(group, number: UInt64(proposal.group.number)),
            DataAttribute(authentication, number: UInt64(proposal.authentication.rawValue)),
            DataAttribute(lifeType, number: LifeAttributes.seconds),
            DataAttribute(lifeDuration, number: LifeAttributes.count(proposal.lifetime)),
        ]
        return attributes
    }

    private static func offer(_ attributes: [DataAttribute]) -> IKEOffer {
        let life = LifeAttributes(attributes, type: lifeType, duration: lifeDuration)
        return IKEOffer(
            encryption: life.isValid
                ? cipher(attributes.number(encryption), bits: attributes.number(keyLength))
                : .unknown("malformed lifetime"),
            prf: offered(attributes.number(hash), "hash") { Catalogue.pseudorandomFunction(ikev1Hash: $0) },
            group: offered(attributes.number(group), "group") { Catalogue.keyExchange(number: $0) },
            authentication: offered(attributes.number(authentication), "method") {
                AuthenticationMethod(rawValue: $0)
            },
            lifetime: life.lifetime)
    }

    private static func cipher(_ number: UInt64?, bits: UInt64?) -> Offered<CipherChoice> {
        guard let number else { return .absent }
        guard let short = UInt16(exactly: number), let cipher = Catalogue.encryption(ikev1Phase1: short) else {
            return .unknown("cipher \(number)" + (bits.map { "-\($0)" } ?? ""))
        }
        return cipher.offered(bits: bits)
    }

    private static let isakmp: UInt8 = 1
    private static let keyIKE: UInt8 = 1
    private static let encryption: UInt16 = 1
    private static let hash: UInt16 = 2
    private static let authentication: UInt16 = 3
    private static let group: UInt16 = 4
    private static let lifeType: UInt16 = 11
    private static let lifeDuration: UInt16 = 12
    private static let keyLength: UInt16 = 14
}

/// Turns a number a peer named into a catalogue entry.
func offered<Choice>(_ number: UInt64?, _ noun: String, _ find: (UInt16) -> Choice?) -> Offered<Choice> {
    guard let number else { return .absent }
    guard let short = UInt16(exactly: number), let choice = find(short) else {
        return .unknown("\(noun) \(number)")
    }
    return .known(choice)
}

extension EncryptionAlgorithm {
    /// The cipher with the key length a peer names, where it may name one.
    func offered(bits: UInt64?) -> Offered<CipherChoice> {
        guard let bits else {
            // Some peers leave out the length where it is the shortest.
            return .known(CipherChoice(self, keyBits: keyLengths.first))
        }
        guard let length = Int(exactly: bits), keyLengths.contains(length) else { return .unknown("\(name)-\(bits)") }
        return .known(CipherChoice(self, keyBits: length))
    }
}

extension [DataAttribute] {
    /// The first attribute of a type, as a number.
    func number(_ type: UInt16) -> UInt64? {
        first { $0.type == type }?.number
    }
}

extension TransformSubstructure {
    /// A transform as IKEv1 lays out its head: number, identifier, two reserved octets.
    static func oakley(number: UInt8, id: UInt8, _ attributes: [DataAttribute]) -> TransformSubstructure {
        TransformSubstructure(head: UInt32(number) << 24 | UInt32(id) << 16, attributes: attributes)
    }

    /// What the transform is (RFC 2407 section 4.4).
    var id: UInt8 { UInt8(truncatingIfNeeded: head >> 16) }
}
