import Credentials
import IPsec
package import Negotiation

/// Wishes for child SAs, what ends them, and what one IKE SA means for others.
extension IKEv2Endpoint {
    mutating func initiate(_ request: ChildRequest) {
        let peers = associations(for: request)
        if request.acquireSequence == 0, peers.contains(where: { $0.has(request) }) { return }
        if peers.contains(where: { $0.isNegotiating(request) }) { return }
        if let established = newest(among: peers) {
            update(established) { $0.enqueue(.createChild(request), &$1) }
        } else if let larval = peers.first(where: { $0.role == .initiator && $0.established == nil })?.id {
            update(larval) { $0.enqueue(.createChild(request), &$1) }
        } else {
            start(request)
        }
    }

    /// How far we have got with the peer of a request.
    package func acquaintance(for request: ChildRequest) -> Acquaintance {
        let peers = associations(for: request)
        if newest(among: peers) != nil { return .established }
        return peers.contains { $0.role == .initiator && $0.established == nil } ? .begun : .none
    }

    /// The SAs with the peer of a request.
    private func associations(for request: ChildRequest) -> [IKESA] {
        index.associations(with: request.path.remote.address).compactMap { associations[$0] }
            .filter { $0.peer.name == request.peer }
    }

    /// The newest established SA.
    private func newest(among candidates: [IKESA]) -> IKESAID? {
        candidates.filter { $0.established?.standing == .current }.max { $0.id.value < $1.id.value }?.id
    }

    private mutating func start(_ request: ChildRequest) {
        let subject = ReportSubject(tunnel: request.tunnel, peer: request.peer, path: request.path)
        guard let peer = policy.peer(named: request.peer), peer.exchangeModes.contains(.ikev2) else {
            let cause = NegotiationFailure.PolicyCause.unknownPeer(
                request.path.remote.address, exchange: "ikev2")
            turn.report(.negotiationFailed, subject, .localPolicyForbids(cause))
            return
        }
        guard !peer.isPassive else {
            turn.report(
                .negotiationFailed, subject,
                .localPolicyForbids(.passive(peer: peer.name, origin: peer.origin)))
            return
        }
        do {
            let isFirst = isFirstContact(request.path.remote.address)
            var association = try IKESA.initiate(
                newID(), to: peer, over: request.path, isFirstContact: isFirst, &turn)
            association.tasks = [.createChild(request)]
            bySPI[association.ownSPI] = association.id
            associations[association.id] = association
            settle(association.id)
        } catch {
            turn.report(.negotiationFailed, subject, error)
        }
    }

    /// Whether nothing exists with an address.
    private func isFirstContact(_ address: IPAddress) -> Bool {
        !index.associations(with: address).contains { id in
            associations.reading(id)?.association.wasEstablished == true
        }
    }

    mutating func terminate(_ tunnel: String) {
        for id in associations.keys { update(id) { $0.terminate(tunnel, &$1) } }
    }

    mutating func shutDown() {
        for id in associations.keys { update(id) { $0.close("shutting down", &$1) } }
        isShutDown = true
    }

    /// Carries out what an SA has told.
    ///
    /// - Parameter place: where the SA is as it was when it told.
    mutating func perform(
        _ outcome: Outcome, of id: IKESAID, at place: AssociationTable<IKESAID, IKESA>.Place
    ) {
        switch outcome {
        case .established: break
        case .ended(let failure, let sentence): report(ended: place.association, failure, sentence)
        case .adopted(let association): owners[association] = id
        case .released(let association): if owners[association] == id { owners[association] = nil }
        case .childFailed(let request, let failure):
            let subject = place.association.subject.for(request?.tunnel)
            report(failed: place.association, subject, failure)
        case .initialContact: forgetOlder(than: place)
        case .succeeded(let successor): admit(successor)
        case .bequeathed(let heir): bequeath(from: id, to: heir)
        case .replaced: update(id) { $0.end(.cancelled("replaced"), &$1, sentence: "replaced") }
        case .redundant(let spi):
            if let redundant = bySPI[spi] { update(redundant) { $0.becomeRedundant(&$1) } }
        case .reauthenticate: reauthenticate(place.association)
        }
    }

    private mutating func report(
        ended association: IKESA, _ failure: NegotiationFailure, _ sentence: String?
    ) {
        if association.wasEstablished {
            turn.report(
                gone: association.subject, failure, "IKE SA gone: \(sentence ?? failure.sentence)")
        } else {
            report(failed: association, association.subject, failure)
        }
        if let old = association.replaces { retryReauthentication(of: old) }
    }

    /// A tunnel is not down while the SA that was to be replaced carries it.
    private mutating func report(
        failed association: IKESA, _ subject: ReportSubject, _ failure: NegotiationFailure
    ) {
        guard association.replaces == nil else {
            turn.report(
                .warning, .progress, subject, "not authenticated anew: \(failure.sentence)",
                details: failure.details)
            return
        }
        turn.report(.negotiationFailed, subject, failure)
    }

    /// The peer has started anew: what it had with us before is void.
    private mutating func forgetOlder(than place: AssociationTable<IKESAID, IKESA>.Place) {
        guard case .established(let own) = place.association.state else { return }
        for other in index.associations(with: own.remoteIdentity)
        where other != place.association.id
            && associations.reading(other)?.association.established?.localIdentity == own.localIdentity
        {
            update(other) { $0.end(.peerDeclined(.deleted), &$1, sentence: "the peer started anew") }
        }
    }

    mutating func receive(_ notification: DatabaseNotification) {
        switch notification {
        case .expiring(let id):
            if let owner = owners[id] { update(owner) { $0.rekey(childOf: id, &$1) } }
        case .expired(let id):
            if let owner = owners[id] { update(owner) { $0.expire(childOf: id, &$1) } }
        case .mappingChanged(let id, let endpoint):
            if let owner = owners[id] { update(owner) { $0.follow(endpoint, &$1) } }
        // The daemon turns acquires into requests, and reads the databases again when events were lost.
        case .acquire, .eventsLost: break
        }
    }
}

extension IKESA {
    /// Whether a child does what is asked for.
    func has(_ request: ChildRequest) -> Bool {
        established?.children.values.contains { $0.satisfies(request) } ?? false
    }

    /// Whether a request is queued here or being negotiated.
    func isNegotiating(_ request: ChildRequest) -> Bool {
        let isWaiting = (tasks + (established?.postponed ?? [])).contains { task in
            if case .createChild(let other) = task { other.isSame(as: request) } else { false }
        }
        if isWaiting { return true }
        return window.outstanding.compactMap(\.kind.draft).contains { draft in
            draft.request.isSame(as: request) && !unwanted.contains(draft.spi)
        }
    }

    /// Takes down what is there for a tunnel, and the SA itself if nothing else uses it.
    mutating func terminate(_ tunnel: String, _ turn: inout Turn) {
        let isMeant = tasks.contains { $0.isWish(of: tunnel) }
        tasks.removeAll { $0.isWish(of: tunnel) }
        let underWay = window.outstanding.compactMap(\.kind.draft).filter { $0.request.tunnel == tunnel }
        unwanted.formUnion(underWay.map(\.spi))
        guard let sa = established else {
            if isMeant, tasks.isEmpty, underWay.isEmpty { end(.cancelled("taken down"), &turn) }
            return
        }
        // Those that have a successor end by themselves.
        guard sa.standing == .current else { return }
        updateEstablished { $0.postponed.removeAll { $0.isWish(of: tunnel) } }
        let cancelled = cancelInstallations(of: tunnel, &turn)
        let affected = sa.children.values.filter { $0.request.tunnel == tunnel }.map(\.spi)
        let isIts = turn.policy.tunnels.contains { $0.name == tunnel && $0.peer == peer.name }
        guard isMeant || isIts || !affected.isEmpty || !underWay.isEmpty else { return }
        if isOfNoUse(besides: affected) {
            takeDown("taken down", &turn)
        } else if !affected.isEmpty || !cancelled.isEmpty {
            let ended = affected.compactMap { sa.children[$0]?.identifier }
            for spi in affected { removeChild(spi, "taken down", &turn) }
            enqueue(.deleteChildren(ended + cancelled), &turn)
        }
    }

    /// Whether nothing but these children is there, and nothing else is wished for.
    private func isOfNoUse(besides children: [SPI]) -> Bool {
        guard let sa = established, sa.children.keys.allSatisfy(children.contains), sa.installing.isEmpty,
            sa.answering == nil
        else { return false }
        let wishes = (tasks + sa.postponed).contains { task in
            if case .createChild = task { true } else { false }
        }
        return !wishes
            && window.outstanding.compactMap(\.kind.draft).allSatisfy { unwanted.contains($0.spi) }
    }

    /// Takes back SAs of a tunnel that are on their way into the database; what the peer knows them by.
    private mutating func cancelInstallations(
        of tunnel: String, _ turn: inout Turn
    ) -> [ChildIdentifier] {
        var cancelled: [ChildIdentifier] = []
        for (token, installation) in established?.installing ?? [:]
        where installation.step == .inbound && installation.child.request.tunnel == tunnel {
            updateEstablished { $0.endInstallation(token) }
            discard(installation.child, installation.child.startedInbounds, &turn)
            cancelled.append(installation.child.identifier)
        }
        return cancelled
    }

    /// An SA of a pair carries as much as it may soon.
    mutating func rekey(childOf id: SecurityAssociationID, _ turn: inout Turn) {
        if let child = child(of: id) { enqueue(.rekeyChild(child.spi), &turn) }
    }

    mutating func expire(childOf id: SecurityAssociationID, _ turn: inout Turn) {
        if let child = child(of: id) { expireChild(child.spi, &turn) }
    }

    /// ESP from the peer comes from another endpoint.
    mutating func follow(_ endpoint: Endpoint, _ turn: inout Turn) {
        guard endpoint.address == path.remote.address, secured?.nat.isRemoteBehindNAT == true else { return }
        var moved = path
        moved.remote = endpoint
        move(to: moved, &turn)
    }

    private func child(of id: SecurityAssociationID) -> ChildSA? {
        established?.children.values.first { $0.inbound.id == id || $0.outbound.id == id }
    }
}

extension IKESA.Task {
    /// Whether it asks for a child SA of a tunnel.
    fileprivate func isWish(of tunnel: String) -> Bool {
        if case .createChild(let request) = self { request.tunnel == tunnel } else { false }
    }
}

extension ChildRequest {
    /// Whether another one asks the same peer for the same.
    fileprivate func isSame(as other: ChildRequest) -> Bool {
        other.local == local && other.remote == remote && other.mode == mode && other.protocol == `protocol`
    }
}
