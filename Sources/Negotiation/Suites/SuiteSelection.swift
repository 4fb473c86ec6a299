package import Algorithms

/// The proposal of a peer that we agree to.
package struct SuiteSelection: Hashable, Sendable {
    /// Which of the peer's offers, counted from 0.
    package var index: Int
    package var suite: Suite
    /// Whether the peer named integrity and no key exchange by transforms that say none, so that the answer must.
    package var statesNoIntegrity: Bool
    package var statesNoKeyExchange: Bool
}

extension SuiteSelection {
    /// What the first of our proposals that the peer can follow gives, in our order of preference; nil if none does.
    ///
    /// - Parameter sent: the key exchange whose public value came with the offers: it is taken where it is allowed,
    ///   since another one would cost a round trip.
    package static func select(
        from offers: [SuiteOffer], accepting ours: [SuiteProposal], sent: KeyExchangeMethod? = nil
    ) -> SuiteSelection? {
        for proposal in ours {
            for (index, offer) in offers.enumerated() {
                if let agreed = agree(offer, proposal, index, sent) { return agreed }
            }
        }
        return nil
    }

    private static func agree(
        _ offer: SuiteOffer, _ ours: SuiteProposal, _ index: Int, _ sent: KeyExchangeMethod?
    ) -> SuiteSelection? {
        guard offer.flaw == nil, offer.unknownKinds.isEmpty,
            case .agreed(let cipher) = choose(ours.encryption, from: offer.encryption),
            case .agreed(let prf) = choose(ours.prfs, from: offer.prfs),
            case .agreed(let width) = chooseWidth(ours.sequenceNumbers, from: offer.sequenceNumbers)
        else { return nil }
        let authenticates = cipher?.algorithm.isAEAD ?? false
        let wanted: [IntegrityAlgorithm?] = authenticates ? [nil] : ours.integrity.map { $0 }
        guard case .agreed(let integrity) = choose(wanted, optionallyFrom: offer.integrity),
            case .agreed(let group) = chooseGroup(ours.keyExchange, from: offer.keyExchange, sent)
        else { return nil }
        let suite = Suite(
            encryption: cipher, integrity: integrity, prf: prf, keyExchange: group, sequenceNumbers: width)
        return SuiteSelection(
            index: index, suite: suite,
            statesNoIntegrity: integrity == nil && offer.integrity.contains(.known(nil)),
            statesNoKeyExchange: group == nil && offer.keyExchange.contains(.known(nil)))
    }

    /// One kind of transform: what is agreed, which may be that there is none.
    private enum Agreement<Choice> {
        case agreed(Choice?)
        case none
    }

    private static func choose<Choice>(
        _ ours: [Choice], from offered: [Offered<Choice>]
    ) -> Agreement<Choice> {
        if ours.isEmpty { return offered.isEmpty ? .agreed(nil) : .none }
        guard let choice = ours.first(where: { offered.contains(.known($0)) }) else { return .none }
        return .agreed(choice)
    }

    /// A kind that may be left out, which says the same as the transform that says none.
    private static func choose<Choice>(
        _ ours: [Choice?], optionallyFrom offered: [Offered<Choice?>]
    ) -> Agreement<Choice> {
        let offered = offered.isEmpty ? [.known(nil)] : offered
        guard let choice = ours.first(where: { offered.contains(.known($0)) }) else { return .none }
        return .agreed(choice)
    }

    /// A peer that does not speak of the width means the short one.
    private static func chooseWidth(
        _ ours: [SequenceNumberWidth], from offered: [Offered<SequenceNumberWidth>]
    ) -> Agreement<SequenceNumberWidth> {
        choose(ours, from: offered.isEmpty && !ours.isEmpty ? [.known(.short)] : offered)
    }

    /// Where we ask for no key exchange, the peer's wish for one is met.
    private static func chooseGroup(
        _ ours: [KeyExchangeMethod], from offered: [Offered<KeyExchangeMethod?>], _ sent: KeyExchangeMethod?
    ) -> Agreement<KeyExchangeMethod> {
        let isFree = ours.isEmpty
        if isFree, offered.isEmpty || offered.contains(.known(nil)) { return .agreed(nil) }
        let acceptable = offered.compactMap { $0.choice ?? nil }.filter { isFree || ours.contains($0) }
        if let sent, acceptable.contains(sent) { return .agreed(sent) }
        let preferred = isFree ? acceptable.first : ours.first(where: acceptable.contains)
        return preferred.map { .agreed($0) } ?? .none
    }
}
