import IPsec
import Negotiation
import SourceText

/// What a tunnel needs of the rest of the configuration.
struct TunnelCheck {
    let draft: TunnelDraft
    let remotes: [RemoteDraft]
    let children: [ChildPolicy]
    /// Whether there is a `mode_cfg` block.
    let givesAddresses: Bool
    let session: Session

    /// The tunnel; nil if it cannot be, with a message.
    func tunnel(requestID: UInt32) -> Tunnel? {
        guard let peer = peer(), checkNets(), checkStart(peer), checkAssigned(peer), checkProtocol(peer),
            checkCompression(peer)
        else { return nil }
        var address: IPAddress?
        if case .address(let remote, _) = peer.policy.match { address = remote }
        guard checkTransport(address), checkChildPolicy(peer.policy, address) else { return nil }
        var tunnel = Tunnel(
            name: draft.name, peer: peer.policy.name, remoteAddress: address, local: draft.localNet?.selector,
            remote: draft.remoteNet?.selector, mode: draft.mode, start: draft.start, requestID: requestID,
            origin: draft.location.origin)
        tunnel.device = draft.interface
        tunnel.assigned = draft.assigned.first?.side
        tunnel.protocol = draft.header?.kind ?? .esp
        tunnel.compression = draft.compression?.algorithm
        return tunnel
    }

    private func fail(_ location: SourceLocation, _ message: String) -> Bool {
        session.report(location.error(message))
        return false
    }

    private func peer() -> RemoteDraft? {
        guard let remote = draft.remote else {
            session.report(draft.location.error("tunnel \"\(draft.name)\" lacks 'remote'"))
            return nil
        }
        guard let peer = remotes.first(where: { $0.policy.name == remote.name }) else {
            let shown = SourceFile.printable(remote.name.utf8)
            let hint = Suggestion.hint(for: remote.name, among: remotes.map(\.policy.name))
            session.report(remote.location.error("there is no remote \"\(shown)\"\(hint)"))
            return nil
        }
        return peer
    }

    private func checkNets() -> Bool {
        let missing = [
            draft.localNet == nil && !isAssigned(.local) ? "local_net" : nil,
            draft.remoteNet == nil && !isAssigned(.remote) ? "remote_net" : nil,
        ]
        .compactMap { $0 }
        if draft.mode == .tunnel, !missing.isEmpty {
            let names = missing.joined(separator: " and ")
            return fail(draft.location, "tunnel \"\(draft.name)\" lacks \(names), which mode tunnel needs")
        }
        guard let local = draft.localNet, let remote = draft.remoteNet else { return true }
        if local.selector.family != remote.selector.family {
            return fail(remote.location, "local_net and remote_net are of different families, IPv4 and IPv6")
        }
        if local.selector.upperProtocol != remote.selector.upperProtocol {
            return fail(remote.location, "local_net and remote_net name different upper protocols")
        }
        return true
    }

    private func isAssigned(_ side: AssignedSide) -> Bool { draft.assigned.contains { $0.side == side } }

    /// What an end needs that is an address of the other side's.
    private func checkAssigned(_ peer: RemoteDraft) -> Bool {
        guard let (side, place) = draft.assigned.first else { return true }
        if draft.assigned.count > 1 {
            return fail(place, "one end of a tunnel at most is 'assigned', the other one is a network")
        }
        if draft.mode != .tunnel { return fail(place, "'assigned' needs mode tunnel") }
        if peer.isForVersion1 {
            return fail(
                place,
                "'assigned' is for IKEv2, and remote \"\(peer.policy.name)\" is for IKEv1, too: take 'main' out of its "
                    + "exchange_mode")
        }
        switch side {
        case .local:
            guard peer.policy.requestsConfiguration else {
                return fail(
                    place,
                    "remote \"\(peer.policy.name)\" is not asked for an address; add 'mode_cfg on;' to it")
            }
            guard draft.start == .up else {
                return fail(place, "an address is there once the tunnel is up; say 'start up'")
            }
        case .remote:
            guard givesAddresses else {
                return fail(place, "there are no addresses to give; add 'mode_cfg { network4 ...; }'")
            }
            guard draft.start == .listen else {
                return fail(place, "the peer has to ask for its address; say 'start listen'")
            }
        }
        return true
    }

    private func checkProtocol(_ peer: RemoteDraft) -> Bool {
        guard let header = draft.header, header.kind == .ah else { return true }
        if peer.isForVersion1 {
            return fail(
                header.location,
                "'protocol ah' is for IKEv2, and remote \"\(peer.policy.name)\" is for IKEv1, too: take 'main' out of "
                    + "its exchange_mode")
        }
        if peer.policy.natTraversal == .force {
            return fail(header.location, "AH cannot go through UDP, which 'nat_traversal force' asks for")
        }
        return true
    }

    private func checkCompression(_ peer: RemoteDraft) -> Bool {
        guard let compression = draft.compression, peer.isForVersion1 else { return true }
        return fail(
            compression.location,
            "'compression' is for IKEv2, and remote \"\(peer.policy.name)\" is for IKEv1, too: take 'main' out of its "
                + "exchange_mode")
    }

    private func checkStart(_ peer: RemoteDraft) -> Bool {
        guard draft.start != .listen else { return true }
        if peer.policy.match == .anonymous {
            let place = draft.remote?.location ?? draft.location
            return fail(
                place, "remote \"\(peer.policy.name)\" has no address to connect to; say 'start listen'")
        }
        if peer.policy.isPassive {
            let place = draft.remote?.location ?? draft.location
            return fail(place, "remote \"\(peer.policy.name)\" is passive; say 'start listen'")
        }
        return true
    }

    private func checkTransport(_ address: IPAddress?) -> Bool {
        guard draft.mode == .transport else { return true }
        for net in [draft.localNet, draft.remoteNet].compactMap({ $0 })
        where net.selector.first != net.selector.last {
            return fail(net.location, "mode transport protects two hosts: expected one address")
        }
        let families = [draft.localNet?.selector.family, draft.remoteNet?.selector.family, address?.family]
        if Set(families.compactMap { $0 }).count > 1 {
            return fail(
                draft.location, "in mode transport local_net, remote_net and the remote are of one family")
        }
        return true
    }

    private func checkChildPolicy(_ peer: PeerPolicy, _ address: IPAddress?) -> Bool {
        guard !children.contains(where: { covers($0, peer, address) }) else { return true }
        let local = side(draft.localNet?.selector, or: nil)
        let remote = side(draft.remoteNet?.selector, or: address)
        let algorithms =
            peer.allowsOtherVersion(than: .ikev2)
            ? "encryption_algorithm aes 256; authentication_algorithm hmac_sha256;"
            : "proposals \"aes256gcm16\";"
        return fail(
            draft.location,
            "tunnel \"\(draft.name)\" has no sainfo; add: sainfo \(local) \(remote) { \(algorithms) }")
    }

    private func covers(_ child: ChildPolicy, _ peer: PeerPolicy, _ address: IPAddress?) -> Bool {
        guard child.remoteID == 0 || child.remoteID == peer.phase1ID else { return false }
        return covers(child.local, draft.localNet?.selector, host: nil)
            && covers(child.remote, draft.remoteNet?.selector, host: address)
    }

    /// Whether a side of an sainfo is for a net, or where none is stated for a host (of any address if nil).
    private func covers(_ side: ChildSideMatch, _ net: TrafficSelector?, host: IPAddress?) -> Bool {
        switch side {
        case .anonymous: return true
        case .identity: return false
        case .clientAddress:
            guard let net, let host else { return net == nil || net?.first == net?.last }
            return net.first == host && net.last == host
        case .selector(let selector):
            if let net { return selector == net }
            if let host { return selector == TrafficSelector(IPPrefix(host: host)) }
            return selector.first == selector.last
        }
    }

    /// One side of an sainfo, as a person would write it.
    private func side(_ net: TrafficSelector?, or host: IPAddress?) -> String {
        guard let selector = net ?? host.map({ TrafficSelector(IPPrefix(host: $0)) }) else {
            return "anonymous"
        }
        var text =
            selector.prefix.map { $0.isHost ? "\($0.address)" : "\($0)" }
            ?? "\(selector.first)-\(selector.last)"
        if selector.ports != TrafficSelector.anyPort { text += "[\(selector.ports.lowerBound)]" }
        return "address \(text) \(UpperProtocol.word(for: selector.upperProtocol))"
    }
}
