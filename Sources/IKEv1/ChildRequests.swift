import IPsec
package import Negotiation

/// Wishes for child SAs, and what ends them.
extension IKEv1Endpoint {
    mutating func initiate(_ request: ChildRequest) {
        if request.acquireSequence == 0, hasChild(for: request) { return }
        let peers = associations(for: request)
        if peers.contains(where: { $0.isNegotiating(request) }) { return }
        if let established = owner(among: peers, of: request.peer) {
            update(established) { $0.startQuickMode(request, replacing: nil, &$1) }
        } else if let larval = peers.first(where: { $0.role == .initiator && $0.established == nil })?.id {
            update(larval) { association, turn in association.enqueue(request, &turn) }
        } else {
            startPhaseOne(request)
        }
    }

    /// How far we have got with the peer of a request.
    package func acquaintance(for request: ChildRequest) -> Acquaintance {
        let peers = associations(for: request)
        if owner(among: peers, of: request.peer) != nil { return .established }
        return peers.contains { $0.role == .initiator && $0.established == nil } ? .begun : .none
    }

    /// The SAs with the peer of a request.
    func associations(for request: ChildRequest) -> [ISAKMPSA] {
        associations(index.associations(with: request.path.remote.address)) { $0.peer.name == request.peer }
    }

    private func hasChild(for request: ChildRequest) -> Bool {
        children.between(request.local, request.remote).contains { $0.satisfies(request) }
    }

    /// The SA to negotiate under; for a peer that only calls us, also one that is doubted.
    func owner(among candidates: some Collection<ISAKMPSA>, of peer: String) -> ISAKMPSAID? {
        if let current = current(among: candidates) { return current }
        return policy.peer(named: peer)?.isPassive == false ? nil : newest(among: candidates)
    }

    /// The newest established SA that the peer can be expected to have as well.
    func current(among candidates: some Collection<ISAKMPSA>) -> ISAKMPSAID? {
        newest(among: candidates.filter { $0.established?.isDoubted == false })
    }

    /// The newest established SA.
    func newest(among candidates: some Collection<ISAKMPSA>) -> ISAKMPSAID? {
        candidates.filter { $0.established?.messageIDs.isFull == false }
            .max { ($0.terms?.since, $0.id.value) < ($1.terms?.since, $1.id.value) }?.id
    }

    private mutating func startPhaseOne(_ request: ChildRequest) {
        let subject = ReportSubject(tunnel: request.tunnel, peer: request.peer, path: request.path)
        guard let peer = policy.peer(named: request.peer) else {
            let failure = NegotiationFailure.PolicyCause.unknownPeer(
                request.path.remote.address, exchange: "main")
            turn.report(.negotiationFailed, subject, .localPolicyForbids(failure))
            return
        }
        guard !peer.isPassive else {
            turn.report(
                .negotiationFailed, subject,
                .localPolicyForbids(.passive(peer: peer.name, origin: peer.origin)))
            return
        }
        guard peer.exchangeModes.contains(.main) else {
            turn.report(
                .error, .negotiationFailed, subject,
                "remote \"\(peer.name)\" (\(peer.origin)) does not allow main mode, the only one there is so far"
            )
            return
        }
        start(peer, request.path, [request])
    }

    /// Starts phase 1 for requests, or to renew an SA.
    mutating func start(_ peer: PeerPolicy, _ path: Path, _ requests: [ChildRequest]) {
        let isFirst = isFirstContact(path.remote.address)
        guard
            var association = ISAKMPSA.initiate(newID(), to: peer, over: path, isFirstContact: isFirst, &turn)
        else {
            turn.report(
                .error, .negotiationFailed, ReportSubject(peer: peer.name, path: path),
                "remote \"\(peer.name)\" (\(peer.origin)) makes no phase 1 offer that IKEv1 knows")
            return
        }
        association.requests = requests
        byCookie[association.ownCookie] = association.id
        associations[association.id] = association
        settle(association.id)
    }

    mutating func terminate(_ tunnel: String) {
        let affected = children.all.filter { $0.request.tunnel == tunnel }
        let peers = Set(
            affected.map(\.request.peer) + policy.tunnels.filter { $0.name == tunnel }.map(\.peer))
        for child in affected { removeChild(child.id, telling: true, "taken down") }
        for association in Array(associations.values) where peers.contains(association.peer.name) {
            update(association.id) { association, turn in
                association.cancel(tunnel: tunnel, &turn)
            }
        }
        for association in Array(associations.values) where peers.contains(association.peer.name) {
            let isUsed = hasChildren(association)
            if isUsed || !association.requests.isEmpty || association.hasQuickModes { continue }
            update(association.id) { association, turn in
                association.close("taken down", &turn)
            }
        }
    }

    mutating func shutDown() {
        for child in children.all.map({ $0 }) { removeChild(child.id, telling: true, "shutting down") }
        for id in associations.keys {
            update(id) { association, turn in
                association.close("shutting down", &turn)
            }
        }
        isShutDown = true
    }

    /// Whether there are pairs that belong to an SA.
    func hasChildren(_ association: ISAKMPSA) -> Bool {
        !pairs(of: association).isEmpty
    }

    /// The pairs that belong to an SA.
    func pairs(of association: ISAKMPSA) -> [ChildSA] {
        guard let identity = association.provenIdentity else { return [] }
        return children.with(identity).compactMap { children[$0] }.filter { belongs($0, to: association) }
    }

    func belongs(_ child: ChildSA, to association: ISAKMPSA) -> Bool {
        guard let terms = association.terms else { return false }
        return child.request.peer == association.peer.name && child.peerIdentity == terms.remoteIdentity
            && child.remoteAddress == association.path.remote.address
    }
}

private func < (left: (Instant?, UInt64), right: (Instant?, UInt64)) -> Bool {
    guard let first = left.0, let second = right.0, first != second else { return left.1 < right.1 }
    return first < second
}

extension ISAKMPSA {
    /// Whether a request is queued here or being negotiated.
    func isNegotiating(_ request: ChildRequest) -> Bool {
        if requests.contains(where: request.isSame(as:)) { return true }
        return quickModes.contains { $0.request.map(request.isSame(as:)) ?? false }
    }

    /// Whether the peer is being answered to the same request.
    func isAnswering(_ request: ChildRequest) -> Bool {
        quickModes.contains { $0.answered.map(request.isSame(as:)) ?? false }
    }

    var hasQuickModes: Bool { quickModes.contains { !$0.isOver } }

    mutating func enqueue(_ request: ChildRequest, _ turn: inout Turn) {
        guard requests.count < ProtocolLimits.queuedRequests else {
            turn.outcomes.append(
                .childFailed(request, .localPolicyForbids(.limit("too many requests wait for this peer"))))
            return
        }
        requests.append(request)
    }

    /// Drops what is wished or negotiated for a tunnel.
    mutating func cancel(tunnel: String, _ turn: inout Turn) {
        requests.removeAll { $0.tunnel == tunnel }
        let ids = quickModes.filter { $0.request?.tunnel == tunnel }.map(\.messageID)
        for id in ids { finish(id, failed: .cancelled("taken down"), &turn) }
    }

    mutating func abandonQuickModes(_ failure: NegotiationFailure, _ turn: inout Turn) {
        for id in quickModes.map(\.messageID).sorted() { finish(id, failed: failure, &turn) }
    }
}

extension ChildRequest {
    /// Whether another one asks the same peer for the same.
    fileprivate func isSame(as other: ChildRequest) -> Bool {
        other.local == local && other.remote == remote && other.mode == mode
    }
}
