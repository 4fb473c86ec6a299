package import Credentials
package import IPsec

/// What is known of a peer when a child policy is looked for.
package struct ChildParties: Hashable, Sendable {
    package var local: TrafficSelector
    package var remote: TrafficSelector
    package var peerAddress: IPAddress
    package var peerIdentity: Identity?
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

    /// The block for starting a negotiation with an address: the most specific one that is not passive.
    ///
    /// nil where there is none, or where several are equally good and nothing tells which is meant.
    package func peerForInitiating(to remote: Endpoint) -> PeerPolicy? {
        let candidates = Self.mostSpecific(peers.filter { !$0.isPassive }, for: remote)
        return candidates.count == 1 ? candidates.first : nil
    }

    /// The blocks that may hold for a peer that starts a negotiation, in file order.
    ///
    /// All are equally specific: a block for the address shuts out the anonymous ones.
    package func peersForResponding(to remote: Endpoint, mode: ExchangeMode) -> [PeerPolicy] {
        Self.mostSpecific(peers, for: remote).filter { $0.exchangeModes.contains(mode) }
    }

    /// The child policy for traffic between two selectors: the one of the greatest weight, then the first.
    package func child(for parties: ChildParties) -> ChildPolicy? {
        var best: ChildPolicy?
        for child in children where child.matches(parties) && child.weight > (best?.weight ?? -1) {
            best = child
        }
        return best
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

    private static func mostSpecific(_ peers: [PeerPolicy], for remote: Endpoint) -> [PeerPolicy] {
        let ranked = peers.map { ($0, $0.match.specificity(for: remote)) }
        guard let best = ranked.compactMap(\.1).max() else { return [] }
        return ranked.filter { $0.1 == best }.map(\.0)
    }
}

extension PeerMatch {
    /// How exactly this names a peer; nil if it does not.
    fileprivate func specificity(for remote: Endpoint) -> Int? {
        switch self {
        case .anonymous: 0
        case .address(let address, nil): address == remote.address ? 1 : nil
        case .address(let address, let port?):
            // A peer's port is changed by NAT and by floating, so that it can only raise the rank.
            address == remote.address ? (port == remote.port ? 2 : 1) : nil
        }
    }
}

extension Tunnel {
    /// Our side's traffic; our own address on the path where the statement names none.
    package func localSelector(on path: Path) -> TrafficSelector {
        local ?? TrafficSelector(IPPrefix(host: path.local.address))
    }

    /// The peer's side's traffic; the peer's address on the path where the statement names none.
    package func remoteSelector(on path: Path) -> TrafficSelector {
        remote ?? TrafficSelector(IPPrefix(host: path.remote.address))
    }
}

extension ChildPolicy {
    /// racoon's order of precedence among sainfo blocks.
    package var weight: Int {
        (remoteID == 0 ? 0 : 3) + (peerIdentity == nil ? 0 : 3) + (local == .anonymous ? 0 : 1)
            + (remote == .anonymous ? 0 : 1)
    }

    fileprivate func matches(_ parties: ChildParties) -> Bool {
        guard remoteID == 0 || remoteID == parties.phase1ID else { return false }
        guard peerIdentity == nil || peerIdentity == parties.peerIdentity else { return false }
        return local.matches(parties.local, address: nil)
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
