import Algorithms
import IPsec
import ISAKMP
import Negotiation
import Wire

/// Child policies as the one proposal of a quick mode, and back.
enum ESPOffers {
    /// All that a child policy accepts.
    static func write(
        _ policy: ChildPolicy, mode: EncapsulationMode, form: EncapsulationForm, spi: SPI
    ) -> [ProposalSubstructure] {
        var transforms: [TransformSubstructure] = []
        for cipher in policy.encryption {
            let integrities: [IntegrityAlgorithm?] = cipher.algorithm.isAEAD ? [nil] : policy.integrity
            for integrity in integrities where transforms.count < 255 {
                let transform = TransformSubstructure(
                    number: UInt8(truncatingIfNeeded: transforms.count + 1), encryption: cipher,
                    integrity: integrity, group: policy.pfsGroup, mode: mode, encapsulation: form,
                    lifetime: policy.lifetime)
                if let transform { transforms.append(transform) }
            }
        }
        return [
            ProposalSubstructure(
                number: 1, protocolID: ProtocolID.esp, spi: spi.octets, transforms: transforms)
        ]
    }

    /// The peer's offers in its order of preference; those for several protocols together are never chosen.
    static func read(
        _ proposals: [ProposalSubstructure], isEncapsulated: Bool
    ) -> [ReceivedTransform<ChildOffer>] {
        var offers: [ReceivedTransform<ChildOffer>] = []
        for proposal in proposals {
            let bundle = proposals.count { $0.number == proposal.number }
            for transform in proposal.transforms {
                guard offers.count < ProtocolLimits.offers else { return offers }
                offers.append(
                    ReceivedTransform(
                        offer: offer(transform, proposal, bundle, isEncapsulated), proposal: proposal,
                        transform: transform))
            }
        }
        return offers
    }

    private static func offer(
        _ transform: TransformSubstructure, _ proposal: ProposalSubstructure, _ bundle: Int,
        _ isEncapsulated: Bool
    ) -> ChildOffer {
        var offer = transform.childOffer
        if bundle > 1 {
            offer.encryption = .unknown("bundle of \(bundle) protocols")
        } else if proposal.protocolID != ProtocolID.esp {
            offer.encryption = .unknown("protocol \(proposal.protocolID) instead of ESP")
        } else if SPI(octets: proposal.spi)?.isReserved ?? true {
            offer.encryption = .unknown("an SPI that cannot be")
        }
        // RFC 2407 leaves an absent mode to the host; transport is what others took.
        if offer.mode == .absent { offer.mode = .known(.transport) }
        let form = transform.encapsulationForm ?? EncapsulationForm.none
        if case .known(let mode) = offer.mode, (form != .none) != isEncapsulated {
            offer.mode = .unknown(isEncapsulated ? "\(mode), not in UDP" : "\(mode) in UDP")
        }
        return offer
    }
}

extension SPI {
    /// As a proposal carries it.
    var octets: [UInt8] { value.octets }

    init?(octets: [UInt8]) {
        guard octets.count == 4 else { return nil }
        self.init(octets.reduce(0) { $0 << 8 | UInt32($1) })
    }
}
