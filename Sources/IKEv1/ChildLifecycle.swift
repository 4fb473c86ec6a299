import Algorithms
import Credentials
import IPsec
import Negotiation

/// What happens to child SAs between their first and their last packet.
extension IKEv1Endpoint {
    /// Carries out what an ISAKMP SA tells.
    mutating func perform(_ outcome: Outcome, of association: ISAKMPSA) {
        switch outcome {
        case .established: startQueued(association)
        case .ended(let failure, let sentence): report(ended: association, failure, sentence)
        case .childEstablished(let child): adopt(child, of: association)
        case .childUnconfirmed(let id): postponeDelete(ofPredecessor: id)
        case .childTakenBack(let request): negotiateAnew(request)
        case .childFailed(let request, let failure): report(failed: request, failure, of: association)
        case .childrenDeleted(let spis): removeDeleted(spis, by: association)
        case .initialContact: forgetOlder(than: association)
        case .moved(let old): follow(association, from: old)
        case .renewalDue: renew(association)
        case .peerDead(let identity, let failure): bury(association, identity, failure)
        }
    }

    /// Phase 1 is done: what waited for it starts, and SAs it succeeds are on their way out.
    private mutating func startQueued(_ association: ISAKMPSA) {
        let isFirst = isFirstContact(association.path.remote.address, besides: association.id)
        for other in predecessors(of: association) where other.peer.name == association.peer.name {
            let end = turn.now + ProtocolLimits.phaseOneOverlap
            update(other.id) { old, _ in
                old.deadlines[.renew] = nil
                old.deadlines[.expire] = min(old.deadlines[.expire] ?? end, end)
            }
        }
        let saysFirstContact =
            association.role == .responder && isFirst && association.peer.sendsInitialContact
        guard saysFirstContact || !association.requests.isEmpty else { return }
        update(association.id) { association, turn in
            let requests = association.requests
            association.requests = []
            for request in requests { association.startQuickMode(request, replacing: nil, &turn) }
            if saysFirstContact { association.notify(association.initialContact, &turn) }
        }
    }

    /// Older SAs with the same peer at the same address.
    private func predecessors(of association: ISAKMPSA) -> [ISAKMPSA] {
        guard let identity = association.provenIdentity else { return [] }
        return associations(with: identity) { other in
            other.id != association.id && other.begun < association.begun
                && other.path.remote.address == association.path.remote.address
        }
    }

    private mutating func report(
        ended association: ISAKMPSA, _ failure: NegotiationFailure, _ sentence: String?
    ) {
        if association.wasEstablished {
            turn.report(
                gone: association.subject, failure, "phase 1 gone: \(sentence ?? failure.sentence)")
        } else if sentence == nil {
            for request in association.requests { renewLater(request, after: failure) }
            for request in association.requests.dropFirst() {
                let subject = ReportSubject(
                    tunnel: request.tunnel, peer: request.peer, path: association.path)
                turn.report(.negotiationFailed, subject, failure)
            }
            turn.report(.negotiationFailed, association.subject, failure)
        }
    }

    private mutating func report(
        failed request: ChildRequest?, _ failure: NegotiationFailure, of association: ISAKMPSA
    ) {
        turn.report(.negotiationFailed, association.subject.for(request?.tunnel), failure)
        if let request { renewLater(request, after: failure) }
    }

    /// A renewal that failed is tried again while the pair lives.
    private mutating func renewLater(_ request: ChildRequest, after failure: NegotiationFailure) {
        if case .cancelled = failure { return }
        for child in children.between(request.local, request.remote)
        where child.satisfies(request) && child.deadlines[.renew] == nil {
            let left = (child.deadlines[.expire] ?? turn.now) - turn.now
            let wait = max(ProtocolLimits.renewalRetry, left / ProtocolLimits.renewalShare)
            schedule(.renew, of: child.id, at: turn.now + wait)
        }
    }

    /// The peer may believe in a pair that is gone here: the next one is negotiated by us, unless it does.
    private mutating func negotiateAnew(_ request: ChildRequest) {
        let pairs = children.between(request.local, request.remote)
        guard let current = pairs.first(where: { $0.satisfies(request) }) else {
            initiate(request)
            return
        }
        let soon = turn.now + ProtocolLimits.unconfirmedDelay
        schedule(.renew, of: current.id, at: min(current.deadlines[.renew] ?? soon, soon))
    }

    private mutating func schedule(_ timer: ChildSA.Timer, of id: SecurityAssociationID, at time: Instant?) {
        children.update(id) { $0.deadlines[timer] = time }
        deadlines.set(children[id]?.deadlines.next, for: .child(id))
    }

    /// When a pair that is replaced now is deleted.
    private var endOfOverlap: Instant { turn.now + policy.timers.phase2 + ProtocolLimits.overlap }

    /// A new pair is in place; one that protected the same traffic gives way to it.
    private mutating func adopt(_ child: ChildSA, of association: ISAKMPSA) {
        guard children.count(with: child.peerIdentity) < ProtocolLimits.children else {
            turn.effects += [.remove(child.inbound.id), .remove(child.outbound.id)]
            turn.report(
                .negotiationFailed, child.subject,
                .localPolicyForbids(.limit("too many child SAs with this peer")))
            update(association.id) { $0.delete([child.inbound.id.spi], &$1) }
            return
        }
        var child = child
        let predecessors = children.protectingSame(as: child).filter(\.isCurrent).map(\.id)
        for id in predecessors { supersede(id, by: child) }
        let lifetime = child.inbound.lifetime.hardTime ?? ProposalSelection.defaultChildLifetime
        child.deadlines[.expire] = turn.now + lifetime
        child.deadlines[.renew] =
            turn.now + turn.share(of: lifetime, child.role == .initiator ? 800...880 : 900...950)
        if let traffic = soleTraffic(of: child) { turn.effects.append(.protect(traffic)) }
        children.insert(child)
        deadlines.set(child.deadlines.next, for: .child(child.id))
        report(established: child, isRenewal: !predecessors.isEmpty)
    }

    private mutating func report(established child: ChildSA, isRenewal: Bool) {
        let transform = child.outbound.transform
        let integrity = transform.integrity.map { ", " + $0.description } ?? ""
        let sentence = Sentence(
            """
            \(child.inbound.mode.rawValue) \(isRenewal ? "renewed" : "established"): \
            \(child.local.description) with \(child.remote.description), \
            \(transform.encryption.description)\(integrity), \
            SPIs \(child.inbound.id.spi.description) in, \(child.outbound.id.spi.description) out
            """)
        turn.report(.notice, isRenewal ? .childRekeyed : .childEstablished, child.subject, sentence.text)
    }

    /// The policies that a child brings along, where no other child needs them.
    private func soleTraffic(of child: ChildSA) -> ProtectedTraffic? {
        let request = child.request
        guard request.bringsPolicies, !children.broughtPolicies(request.requestID) else { return nil }
        return ProtectedTraffic(
            tunnel: request.tunnel, local: [child.local], remote: [child.remote], mode: request.mode,
            requestID: request.requestID, localAddress: request.path.local.address,
            remoteAddress: child.remoteAddress)
    }

    private mutating func supersede(_ id: SecurityAssociationID, by new: ChildSA) {
        let delete = endOfOverlap
        children.update(id) { old in
            old.isCurrent = false
            old.deadlines[.renew] = nil
            if new.role == .initiator { old.deadlines[.delete] = delete }
        }
        deadlines.set(children[id]?.deadlines.next, for: .child(id))
    }

    /// The peer may not have got our last message: the old pair is kept for longer.
    private mutating func postponeDelete(ofPredecessor id: SecurityAssociationID) {
        guard let child = children[id] else { return }
        let delete = endOfOverlap
        for old in children.protectingSame(as: child) where !old.isCurrent {
            children.update(old.id) { if $0.deadlines[.delete] != nil { $0.deadlines[.delete] = delete } }
            deadlines.set(children[old.id]?.deadlines.next, for: .child(old.id))
        }
    }

    mutating func handleDeadlines(ofChild id: SecurityAssociationID) {
        while var timers = children[id]?.deadlines, let timer = timers.takeDue(now: turn.now) {
            children.update(id) { $0.deadlines = timers }
            switch timer {
            case .renew: renewChild(id)
            case .delete: removeChild(id, telling: true, "replaced")
            case .expire: removeChild(id, telling: true, "lifetime over")
            }
        }
        deadlines.set(children[id]?.deadlines.next, for: .child(id))
    }

    /// Negotiates the successor of a pair, under an ISAKMP SA that exists or a new one.
    mutating func renewChild(_ id: SecurityAssociationID) {
        guard let child = children[id], child.isCurrent else { return }
        schedule(.renew, of: id, at: nil)
        var request = child.request
        request.acquireSequence = 0
        let owners = owners(of: child)
        if owners.contains(where: { $0.isNegotiating(request) || $0.isAnswering(request) }) { return }
        if let owner = owner(among: owners, of: request.peer) {
            request.path = associations[owner]?.path ?? request.path
            update(owner) { $0.startQuickMode(request, replacing: id, &$1) }
        } else if let peer = policy.peer(named: request.peer), !peer.isPassive {
            let peers = associations(for: request)
            if let larval = peers.first(where: { $0.role == .initiator && $0.established == nil }) {
                update(larval.id) { $0.enqueue(request, &$1) }
            } else {
                start(peer, request.path, [request])
            }
        }
    }

    /// Takes a pair out of the database.
    mutating func removeChild(_ id: SecurityAssociationID, telling: Bool, _ why: String) {
        guard let child = children[id] else { return }
        if telling, let owner = newest(among: owners(of: child)) {
            update(owner) { $0.delete([child.inbound.id.spi], &$1) }
        }
        children.remove(id)
        if let traffic = soleTraffic(of: child) { turn.effects.append(.unprotect(traffic)) }
        deadlines.set(nil, for: .child(id))
        turn.usedSPIs.remove(id.spi)
        turn.effects += [.remove(child.outbound.id), .remove(child.inbound.id)]
        turn.report(
            child.isCurrent ? .notice : .debug, child.isCurrent ? .childGone : .progress, child.subject,
            "\(child.isCurrent ? "" : "old ")\(child.local) with \(child.remote) removed: \(why) "
                + "(SPIs \(child.inbound.id.spi) in, \(child.outbound.id.spi) out)")
    }

    private mutating func removeDeleted(_ spis: [SPI], by association: ISAKMPSA) {
        for spi in spis {
            let outbound = SecurityAssociationID(
                destination: association.path.remote.address, protocol: .esp, spi: spi)
            guard let id = children.pair(of: outbound), let child = children[id],
                child.outbound.id == outbound, belongs(child, to: association)
            else { continue }
            revivePredecessor(of: child)
            removeChild(id, telling: false, "the peer deleted it")
        }
    }

    /// A pair that the peer never came to use, as our confirmation was lost too often, is taken back with the
    /// peer's delete: the pair before it, which still exists on both sides, carries on until it is renewed.
    private mutating func revivePredecessor(of child: ChildSA) {
        guard child.isCurrent else { return }
        let old = children.protectingSame(as: child).filter { !$0.isCurrent }
            .max { $0.established < $1.established }
        guard let old else { return }
        let renewal = turn.now + ProtocolLimits.revivalDelay
        children.update(child.id) { $0.isCurrent = false }
        children.update(old.id) {
            $0.isCurrent = true
            $0.deadlines[.delete] = nil
            $0.deadlines[.renew] = renewal
        }
        deadlines.set(children[old.id]?.deadlines.next, for: .child(old.id))
    }

    /// The peer has started anew: what it had with us before this negotiation began is void.
    private mutating func forgetOlder(than association: ISAKMPSA) {
        for child in pairs(of: association) where child.established < association.begun {
            removeChild(child.id, telling: false, "the peer started anew")
        }
        for other in predecessors(of: association) {
            guard let old = other.terms, old.since < association.begun else { continue }
            update(other.id) { $0.end(.peerDeclined(.deleted), &$1, sentence: "the peer started anew") }
        }
    }

    /// A peer is dead; others behind the same address live on.
    private mutating func bury(
        _ association: ISAKMPSA, _ identity: Identity, _ failure: NegotiationFailure
    ) {
        for child in children.with(identity).compactMap({ children[$0] })
        where child.request.peer == association.peer.name
            && child.remoteAddress == association.path.remote.address
        {
            removeChild(child.id, telling: false, failure.sentence)
        }
    }

    /// The peer's datagrams come from elsewhere: so do its packets, and ours go there.
    private mutating func follow(_ association: ISAKMPSA, from old: Path) {
        for child in pairs(of: association) where child.request.path.remote == old.remote {
            move(child.id, to: association.path)
        }
    }

    private mutating func move(_ id: SecurityAssociationID, to path: Path) {
        guard let child = children[id], child.outbound.encapsulation != nil else { return }
        let outbound = UDPEncapsulation(sourcePort: path.local.port, destinationPort: path.remote.port)
        let inbound = UDPEncapsulation(sourcePort: path.remote.port, destinationPort: path.local.port)
        turn.effects += [
            .updateEncapsulation(child.outbound, outbound), .updateEncapsulation(child.inbound, inbound),
        ]
        children.update(id) {
            $0.request.path = path
            $0.outbound.encapsulation = outbound
            $0.inbound.encapsulation = inbound
        }
    }

    /// Negotiates the successor of an ISAKMP SA, while there is use for it.
    private mutating func renew(_ association: ISAKMPSA) {
        let detects = association.deadlines[.probe] != nil
        let isWanted =
            switch association.peer.rekey {
            case .off: false
            case .on: detects
            case .force: true
            }
        guard isWanted, !association.peer.isPassive,
            hasChildren(association)
        else { return }
        start(association.peer, association.path, [])
    }

    mutating func receive(_ notification: DatabaseNotification) {
        switch notification {
        case .expiring(let id): if let pair = children.pair(of: id) { renewChild(pair) }
        case .expired(let id):
            if let pair = children.pair(of: id) { removeChild(pair, telling: true, "expired") }
        case .mappingChanged(let id, let endpoint):
            guard let pair = children.pair(of: id), let child = children[pair] else { return }
            guard endpoint.address == child.remoteAddress else { return }
            var path = child.request.path
            path.remote.port = endpoint.port
            move(pair, to: path)
        // The daemon turns acquires into requests, and reads the databases again when events were lost.
        case .acquire, .eventsLost: break
        }
    }
}
