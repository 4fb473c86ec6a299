import Credentials
package import IPsec

/// What a peer asks for that no tunnel and no policy of ours covers.
package struct UncoveredOffer: Hashable, Sendable {
    package var local: [TrafficSelector]
    package var remote: [TrafficSelector]
    package var mode: EncapsulationMode
    /// What the peer has of us (`mode_cfg`).
    package var leased: [IPAddress]
    /// For the policies and SAs; random.
    package var requestID: UInt32

    package init(
        local: [TrafficSelector], remote: [TrafficSelector], mode: EncapsulationMode, leased: [IPAddress],
        requestID: UInt32
    ) {
        self.local = local
        self.remote = remote
        self.mode = mode
        self.leased = leased
        self.requestID = Self.firstRequestID | requestID
    }

    /// Beyond those of tunnels.
    fileprivate static let firstRequestID: UInt32 = 0x8000_0000
}

extension ChildRequest {
    /// What a policy that is there already has protected; nil where it says nothing of it.
    ///
    /// A policy that was generated is that of the peer which it was generated for, and goes with its last child SA.
    /// Fails where nothing can be negotiated that suits the policy.
    package init?(
        coveredBy policy: SecurityPolicy?, local: TrafficSelector, remote: TrafficSelector, peer: String,
        path: Path
    ) throws(NegotiationFailure) {
        guard let policy, policy.templates.contains(where: \.isNegotiated) else { return nil }
        let protection = try PolicyProtection(policy)
        let isGenerated = protection.requestID >= UncoveredOffer.firstRequestID
        guard !isGenerated || protection.tunnelDestination ?? path.remote.address == path.remote.address
        else { return nil }
        self.init(protection, peer: peer, path: path, local: local, remote: remote)
        bringsPolicies = isGenerated
        if isGenerated { needsCompression = false }
    }
}

extension NegotiationPolicy {
    /// What is protected of an uncovered offer by `generate_policy`; nil where nothing may be.
    ///
    /// A peer speaks for itself alone: for the address it has outside, for those it has of us, and for networks that an
    /// sainfo gives it by name. Otherwise one peer could draw the traffic of others to itself.
    ///
    /// - Parameter policy: what covers the offer; it is not put aside.
    package func generatedRequest(
        for offer: UncoveredOffer, with peer: PeerPolicy, parties: ChildParties, on path: Path,
        besides policy: SecurityPolicy?
    ) -> ChildRequest? {
        guard peer.generatesPolicies else { return nil }
        for permission in permissions(offer, parties) {
            var local = TrafficSelectorNarrowing.narrow(offer.local, to: permission.local)
            var remote = TrafficSelectorNarrowing.narrow(offer.remote, to: permission.remote)
            // No packet goes from one family to the other.
            local.removeAll { selector in !remote.contains { $0.family == selector.family } }
            remote.removeAll { selector in !local.contains { $0.family == selector.family } }
            guard let first = local.first, let last = remote.first else { continue }
            guard policy.map({ $0.selector.isOf(local, remote) }) != true else { return nil }
            var request = ChildRequest(
                tunnel: nil, peer: peer.name, path: path, local: first, remote: last, mode: offer.mode,
                requestID: offer.requestID)
            request.setLocals(local)
            request.setRemotes(remote)
            request.bringsPolicies = true
            return request
        }
        return nil
    }

    private func permissions(
        _ offer: UncoveredOffer, _ parties: ChildParties
    ) -> [(local: [TrafficSelector], remote: [TrafficSelector])] {
        let own = offer.leased.isEmpty ? [parties.peerAddress] : offer.leased
        let reachable = offer.leased.isEmpty ? [] : pool?.configuration.networks ?? []
        let networks = reachable.isEmpty ? [IPPrefix.any(.ipv4), .any(.ipv6)] : reachable
        let itself = (networks.map { TrafficSelector($0) }, own.map { TrafficSelector(IPPrefix(host: $0)) })
        let named = children.compactMap { child -> ([TrafficSelector], [TrafficSelector])? in
            guard case .selector(let remote) = child.remote, child.isFor(parties) else { return nil }
            switch child.local {
            case .anonymous, .clientAddress: return ([TrafficSelector(.any(remote.family))], [remote])
            case .selector(let local): return ([local], [remote])
            case .identity: return nil
            }
        }
        return [itself] + named
    }
}

extension Selector {
    /// Whether it is for just this traffic.
    fileprivate func isOf(_ local: [TrafficSelector], _ remote: [TrafficSelector]) -> Bool {
        local.contains { $0.prefixes.contains(source) }
            && remote.contains { $0.prefixes.contains(destination) }
    }
}
