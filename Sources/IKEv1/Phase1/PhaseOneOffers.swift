import ISAKMP
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

/// Phase 1 proposals as the one proposal of a security association payload, and back.
enum PhaseOneOffers {
    /// Our proposals in order of preference; those that IKEv1 has no numbers for are left out.
    static func write(_ proposals: [IKEProposal]) -> [ProposalSubstructure] {
        let transforms = proposals.prefix(255).enumerated().compactMap { index, proposal in
            TransformSubstructure(number: UInt8(truncatingIfNeeded: index + 1), proposal: proposal)
        }
        return [
            ProposalSubstructure(number: 1, protocolID: ProtocolID.isakmp, spi: [], transforms: transforms)
        ]
    }

    /// The peer's offers in its order of preference.
    static func read(_ proposals: [ProposalSubstructure]) -> [ReceivedTransform<IKEOffer>] {
        var offers: [ReceivedTransform<IKEOffer>] = []
        for proposal in proposals where proposal.protocolID == ProtocolID.isakmp {
            for transform in proposal.transforms where transform.identifier == TransformSubstructure.keyIKE {
                guard offers.count < ProtocolLimits.offers else { return offers }
                offers.append(
                    ReceivedTransform(offer: transform.ikeOffer, proposal: proposal, transform: transform))
            }
        }
        return offers
    }
}
