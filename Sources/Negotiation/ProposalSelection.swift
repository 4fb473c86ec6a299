package import Algorithms
package import IPsec

/// The phase 1 offer that both sides agree to.
package struct IKESelection: Hashable, Sendable {
    /// Which of the peer's offers, counted from 0.
    package var index: Int
    /// What holds from now on: the peer's choices, and the lifetime as `proposal_check` says.
    package var proposal: IKEProposal

    package init(index: Int, proposal: IKEProposal) {
        self.index = index
        self.proposal = proposal
    }
}

/// The child offer that both sides agree to.
package struct ChildSelection: Hashable, Sendable {
    /// Which of the peer's offers, counted from 0.
    package var index: Int
    package var encryption: CipherChoice
    /// nil for ciphers that authenticate.
    package var integrity: IntegrityAlgorithm?
    package var pfsGroup: KeyExchangeMethod?
    package var mode: EncapsulationMode
    package var lifetime: Duration
    /// Kilobytes; nil for no limit.
    package var kilobytes: UInt64?
    /// Whether the peer is to be told that the SA lives shorter than it asked (`proposal_check claim`).
    package var shortensLifetime: Bool
}

/// Chooses among a peer's offers: the peer's most preferred one that we accept.
package enum ProposalSelection {
    /// What holds where an offer for a child SA names no lifetime (RFC 2407 section 4.5).
    package static let defaultChildLifetime = Duration.seconds(28800)

    /// What a peer may impose at least as the lifetime of an IKE SA.
    ///
    /// Whoever asks for less could keep us busy with nothing but rekeying. We keep such an SA for this long,
    /// or for as long as our own configuration says if that is less; the peer is free to end it sooner.
    package static let shortestIKELifetime = Duration.seconds(60)

    /// The same for child SAs.
    package static let shortestChildLifetime = Duration.seconds(10)

    /// The same for what a child SA may carry, in kilobytes.
    package static let leastKilobytes: UInt64 = 1024

    /// A lifetime that a peer imposes, brought up to the floor.
    package static func floored(_ lifetime: Duration, ours: Duration, floor: Duration) -> Duration {
        max(lifetime, min(ours, floor))
    }

    /// The first offer that one of our proposals accepts; nil if there is none.
    package static func select(
        from offers: [IKEOffer], accepting ours: [IKEProposal], check: ProposalCheck
    ) -> IKESelection? {
        for (index, offer) in offers.enumerated() {
            for proposal in ours {
                guard let agreed = agree(offer, proposal, check) else { continue }
                return IKESelection(index: index, proposal: agreed)
            }
        }
        return nil
    }

    /// The first offer that the child policy accepts for SAs of this mode; nil if there is none.
    package static func select(
        from offers: [ChildOffer], accepting policy: ChildPolicy, mode: EncapsulationMode,
        check: ProposalCheck
    ) -> ChildSelection? {
        for (index, offer) in offers.enumerated() {
            guard let agreed = agree(offer, policy, mode, check, index) else { continue }
            return agreed
        }
        return nil
    }

    private static func agree(_ offer: IKEOffer, _ ours: IKEProposal, _ check: ProposalCheck) -> IKEProposal?
    {
        guard let cipher = offer.encryption.choice, accepts(cipher, ours.encryption, check),
            offer.prf.choice == ours.prf, offer.group.choice == ours.group,
            offer.authentication.choice == ours.authentication
        else { return nil }
        let lifetime = offer.lifetime ?? ours.lifetime
        guard let kept = keptLifetime(lifetime, ours.lifetime, check) else { return nil }
        var agreed = ours
        agreed.encryption = cipher
        agreed.lifetime = floored(kept, ours: ours.lifetime, floor: shortestIKELifetime)
        return agreed
    }

    private static func agree(
        _ offer: ChildOffer, _ policy: ChildPolicy, _ mode: EncapsulationMode, _ check: ProposalCheck,
        _ index: Int
    ) -> ChildSelection? {
        guard let cipher = offer.encryption.choice,
            policy.encryption.contains(where: { accepts(cipher, $0, check) }),
            acceptsIntegrity(offer.integrity, with: cipher, policy), offer.mode.choice == mode,
            acceptsGroup(offer.pfsGroup, policy.pfsGroup, check)
        else { return nil }
        let lifetime = offer.lifetime ?? defaultChildLifetime
        guard let kept = keptLifetime(lifetime, policy.lifetime, check),
            check != .exact || offer.kilobytes == nil
        else { return nil }
        return ChildSelection(
            index: index, encryption: cipher, integrity: offer.integrity.choice,
            pfsGroup: offer.pfsGroup.choice,
            mode: mode, lifetime: floored(kept, ours: policy.lifetime, floor: shortestChildLifetime),
            kilobytes: offer.kilobytes.map { max($0, leastKilobytes) }, shortensLifetime: kept < lifetime)
    }

    /// Whether a cipher with its key length is good enough.
    static func accepts(_ offered: CipherChoice, _ ours: CipherChoice, _ check: ProposalCheck) -> Bool {
        guard offered.algorithm == ours.algorithm else { return false }
        return switch check {
        case .obey: true
        case .strict, .claim: offered.keyBits >= ours.keyBits
        case .exact: offered.keyBits == ours.keyBits
        }
    }

    static func acceptsIntegrity(
        _ offered: Offered<IntegrityAlgorithm>, with cipher: CipherChoice, _ policy: ChildPolicy
    ) -> Bool {
        guard !cipher.algorithm.isAEAD else { return offered == .absent }
        guard let integrity = offered.choice else { return false }
        return policy.integrity.contains(integrity)
    }

    static func acceptsGroup(
        _ offered: Offered<KeyExchangeMethod>, _ ours: KeyExchangeMethod?, _ check: ProposalCheck
    ) -> Bool {
        if case .unknown = offered { return false }
        return switch check {
        case .obey: true
        case .strict, .claim: ours == nil || offered.choice == ours
        case .exact: offered.choice == ours
        }
    }

    /// The lifetime to keep, or nil if the peer's is refused.
    static func keptLifetime(_ offered: Duration, _ ours: Duration, _ check: ProposalCheck) -> Duration? {
        switch check {
        case .obey: offered
        case .strict: offered <= ours ? offered : nil
        case .claim: min(offered, ours)
        case .exact: offered == ours ? offered : nil
        }
    }
}
