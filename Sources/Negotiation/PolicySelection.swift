package import Credentials
package import IPsec

/// What is known of a peer when a child policy is looked for.
package struct ChildParties: Hashable, Sendable {
    package var local: TrafficSelector
    package var remote: TrafficSelector
    package var peerAddress: IPAddress
    package let peerIdentity: Identity?
    /// The remote block's `ph1id`; 0 for none.
    package var phase1ID: UInt32

    package init(
        local: TrafficSelector, remote: TrafficSelector, peerAddress: IPAddress, peerIdentity: Identity?,
        phase1ID: UInt32
    ) {
        self.local = local
        self.remote = remote
        self.peerAddress = peerAddress
        self.peerIdentity = peerIdentity
        self.phase1ID = phase1ID
    }
}

/// Which part of the configuration holds for whom.
extension NegotiationPolicy {
    package func peer(named name: String) -> PeerPolicy? {
        peers.first { $0.name == name }
    }

    /// The remote block for an address: one that names it before the anonymous one.
    package func peer(for address: IPAddress) -> PeerPolicy? {
        let named = peers.first { peer in
            if case .address(let configured, _) = peer.match { configured == address } else { false }
        }
        return named ?? peers.first { $0.match == .anonymous }
    }

    /// IKE versions that a negotiation of ours may go through, one after the other.
    package var mostVersions: Int { peers.map(\.versions.count).max() ?? 1 }

    /// The blocks that may hold for a peer that starts a negotiation, in file order.
    ///
    /// All are equally specific: a block for the address shuts out the anonymous ones.
    package func blocksForResponding(to remote: Endpoint, mode: ExchangeMode) -> [Boxed<PeerPolicy>] {
        peerIndex.positions(for: remote).compactMap { position in
            let block = peerIndex.blocks[position]
            return block.wrappedValue.exchangeModes.contains(mode) ? block : nil
        }
    }

    /// The child policy for traffic between two selectors: the one of the greatest weight, then the first.
    package func child(for parties: ChildParties) -> ChildPolicy? {
        var best: (index: Int, weight: Int)?
        for index in children.indices where children[index].matches(parties) {
            let weight = children[index].weight
            if weight > best?.weight ?? -1 { best = (index, weight) }
        }
        return best.map { children[$0.index] }
    }

    /// The tunnel a peer asks for by these selectors.
    ///
    /// - Parameter path: stands for the selectors that a tunnel leaves out.
    package func tunnel(
        of peer: String, local: TrafficSelector, remote: TrafficSelector, path: Path
    ) -> Tunnel? {
        tunnels.first { tunnel in
            tunnel.peer == peer && tunnel.localSelector(on: path) == local
                && tunnel.remoteSelector(on: path) == remote
        }
    }
}

extension [Boxed<PeerPolicy>] {
    /// Those that may be for a peer which asks for certificates and names no authority; all where none is.
    package var matchingEmptyRequest: [Boxed<PeerPolicy>] {
        let matching = filter(\.wrappedValue.matchesEmptyRequest)
        return matching.isEmpty ? self : matching
    }
}

extension PeerPolicy {
    /// Whether the configuration names this identity, by itself or by a pattern.
    package func names(_ identity: Identity) -> Bool {
        remoteIdentities.contains { IdentityPattern($0).matches(identity) }
    }

    /// The one identity that the peer is to have; nil where there are several, none, or a pattern.
    package var onlyRemoteIdentity: Identity? {
        guard let first = remoteIdentities.first, remoteIdentities.count == 1,
            !IdentityPattern(first).isForMany
        else { return nil }
        return first
    }
}

extension Tunnel {
    /// Our side's traffic; our own address on the path where the statement names none, anything while it is to be
    /// assigned.
    package func localSelector(on path: Path) -> TrafficSelector {
        local
            ?? TrafficSelector(
                assigned == .local
                    ? .any(remote?.family ?? path.local.address.family) : IPPrefix(host: path.local.address))
    }

    /// The peer's side's traffic; the peer's address on the path where the statement names none, anything while it is
    /// to be assigned.
    package func remoteSelector(on path: Path) -> TrafficSelector {
        remote
            ?? TrafficSelector(
                assigned == .remote
                    ? .any(local?.family ?? path.remote.address.family) : IPPrefix(host: path.remote.address))
    }

    /// What asks for it.
    package func request(on path: Path, acquireSequence: UInt32 = 0) -> ChildRequest {
        var request = ChildRequest(
            tunnel: name, peer: peer, path: path, local: localSelector(on: path),
            remote: remoteSelector(on: path), mode: mode, requestID: requestID,
            acquireSequence: acquireSequence)
        request.protocol = `protocol`
        request.assigned = assigned
        request.compression = compression
        // What they ask for is known only once both sides have agreed on it.
        request.bringsPolicies = assigned != nil || compression != nil
        request.device = device
        return request
    }
}

extension ChildPolicy {
    /// racoon's order of precedence among sainfo blocks.
    package var weight: Int {
        (remoteID == 0 ? 0 : 3) + (peerIdentity == nil ? 0 : 3) + (local == .anonymous ? 0 : 1)
            + (remote == .anonymous ? 0 : 1)
    }

    /// Whether it is for a peer, whatever the traffic.
    func isFor(_ parties: ChildParties) -> Bool {
        guard remoteID == 0 || remoteID == parties.phase1ID else { return false }
        return peerIdentity == nil || peerIdentity == parties.peerIdentity
    }

    fileprivate func matches(_ parties: ChildParties) -> Bool {
        isFor(parties) && local.matches(parties.local, address: nil)
            && remote.matches(parties.remote, address: parties.peerAddress)
    }
}

extension ChildSideMatch {
    fileprivate func matches(_ selector: TrafficSelector, address: IPAddress?) -> Bool {
        switch self {
        case .anonymous: true
        case .clientAddress: address.map { selector == TrafficSelector(IPPrefix(host: $0)) } ?? false
        case .selector(let own): own == selector
        // A phase 2 identity that is not an address selects no packets we could find.
        case .identity: false
        }
    }
}
