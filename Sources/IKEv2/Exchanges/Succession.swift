import IPsec
import KeyMaterial
import Negotiation

/// The successor that the peer's exchange made while our own was under way (RFC 7296 section 2.8.2).
struct Rival {
    /// Ours of the rival.
    let spi: UInt64
    /// The lower nonce of the peer's exchange.
    let lowerNonce: [UInt8]
}

/// Whether an established IKE SA is the one to be used.
enum Standing: Hashable {
    case current
    /// Its children are with another one; it awaits the peer's delete, or ours is on its way.
    case superseded
    /// Both sides made a successor, and this one is not it.
    case redundant
    /// We end it; the peer is told, and its answer awaited.
    case closing(why: String)

    /// Why the SA is gone, once it is.
    var end: String {
        switch self {
        case .current: "deleted"
        case .superseded, .redundant: "replaced"
        case .closing(let why): why
        }
    }
}

/// What passes from an IKE SA to its successor.
struct Estate {
    let children: [SPI: ChildSA]
    let installing: [EffectToken: ChildInstallation]
    let collisions: [SPI: RekeyCollision]
    let protected: Set<ProtectedTraffic>
    /// When something is due for a child.
    let timers: [(IKESA.Timer, Instant)]
    let tasks: [IKESA.Task]
}

/// One IKE SA takes the place of another.
extension IKESA {
    /// An SA with the same parties under new keys.
    func makeSuccessor(
        _ role: IKESAStatus.Role, _ suite: Suite, _ secret: SecretKey, _ nonces: Nonces, _ spis: IKESPIs,
        _ turn: Turn
    ) throws(NegotiationFailure) -> IKESA {
        guard let sa = established else { preconditionFailure("only an established IKE SA is rekeyed") }
        let keys = try IKESAKeys(
            suite, seed: sa.secured.keys.successorSeed(sharedSecret: secret, nonces: nonces),
            nonces: nonces, spis: spis)
        let secured = Secured(
            suite: suite, keys: keys, channel: try MessageChannel(keys, role: role), nat: sa.secured.nat,
            capabilities: sa.secured.capabilities)
        var successor = IKESA(
            id: id, role: role, begun: begun, isFirstContact: false, spis: spis, path: path, peer: block,
            candidates: candidates, state: .over, window: MessageWindow())
        var inheriting = EstablishedSA(
            secured: secured, localIdentity: sa.localIdentity, remoteIdentity: sa.remoteIdentity,
            since: turn.now, heard: turn.now)
        (inheriting.received, inheriting.leased) = (sa.received, sa.leased)
        successor.state = .established(inheriting)
        successor.wasEstablished = true
        successor.credential = credential
        return successor
    }

    /// Both halves of our own exchange are known: ours is the successor, unless the peer's exchange has won.
    ///
    /// The SA of the exchange with the lowest of the four nonces is redundant, and goes by whoever started that
    /// exchange; the old one goes by whoever made the heir.
    mutating func succeed(by successor: IKESA, _ nonces: Nonces, _ turn: inout Turn) {
        guard let rival = established?.rival else {
            turn.outcomes.append(.succeeded(successor))
            bequeath(to: successor.ownSPI, &turn)
            enqueue(.deleteSelf, &turn)
            return
        }
        if nonces.lower.lexicographicallyPrecedes(rival.lowerNonce) {
            step("both sides renewed the IKE SA: our successor is redundant", &turn)
            var redundant = successor
            redundant.updateEstablished { $0.standing = .redundant }
            redundant.tasks = [.deleteSelf]
            turn.outcomes.append(.succeeded(redundant))
            bequeath(to: rival.spi, &turn)
        } else {
            step("both sides renewed the IKE SA: the peer's successor is redundant", &turn)
            turn.outcomes.append(.succeeded(successor))
            turn.outcomes.append(.redundant(rival.spi))
            bequeath(to: successor.ownSPI, &turn)
            enqueue(.deleteSelf, &turn)
        }
    }

    /// Leaves everything to the SA with this SPI of ours.
    mutating func bequeath(to heir: UInt64, _ turn: inout Turn) {
        updateEstablished {
            $0.standing = .superseded
            $0.rival = nil
        }
        for timer in [Timer.rekeySelf, .probe, .keepalive, .postponed] { deadlines[timer] = nil }
        // Whoever made the heir deletes this one; if it does not, we do.
        deadlines[.expire] = turn.now + ProtocolLimits.supersededLife
        turn.outcomes.append(.bequeathed(to: heir))
    }

    /// Takes out what the heir is to have.
    mutating func takeEstate() -> Estate? {
        guard let sa = established else { return nil }
        var timers: [(Timer, Instant)] = []
        for spi in sa.children.keys {
            for timer in [Timer.rekeyChild(spi), .expireChild(spi), .removeInbound(spi)] {
                if let due = deadlines[timer] { timers.append((timer, due)) }
                deadlines[timer] = nil
            }
        }
        let own: [Task] = tasks.filter { if case .deleteSelf = $0 { true } else { false } }
        let left: [Task] = (tasks + sa.postponed).filter { task in
            switch task {
            case .deleteSelf, .rekeySelf: false
            case .createChild, .rekeyChild, .deleteChildren, .probe: true
            }
        }
        tasks = own
        updateEstablished {
            $0.children = [:]
            $0.installing = [:]
            $0.collisions = [:]
            $0.protected = []
            $0.postponed = []
        }
        return Estate(
            children: sa.children, installing: sa.installing, collisions: sa.collisions,
            protected: sa.protected, timers: timers,
            tasks: left)
    }

    /// Goes on where the predecessor was.
    mutating func inherit(_ estate: Estate, _ turn: inout Turn) {
        // A child that came before the estate may have brought the same policies along.
        for traffic in established?.protected.intersection(estate.protected) ?? [] {
            turn.effects.append(.unprotect(traffic))
        }
        updateEstablished {
            $0.children.merge(estate.children) { $1 }
            $0.installing.merge(estate.installing) { $1 }
            $0.collisions.merge(estate.collisions) { $1 }
            $0.protected.formUnion(estate.protected)
        }
        for (timer, due) in estate.timers { deadlines[timer] = due }
        for token in estate.installing.keys { turn.awaiting[token] = id }
        for child in estate.children.values {
            turn.outcomes.append(.adopted(child.inbound.id))
            if child.sends { turn.outcomes.append(.adopted(child.outbound.id)) }
        }
        tasks += estate.tasks
        setLife(&turn)
        turn.report(
            established: subject, with: established?.remoteIdentity,
            "IKE SA renewed, \(secured?.suite.description ?? "")")
        work(&turn)
    }

    /// Sets when an SA that is in use is to be renewed, asked after, and over.
    mutating func setLife(_ turn: inout Turn) {
        deadlines[.giveUp] = nil
        deadlines[.expire] = turn.now + peer.ikeLifetime
        deadlines[.rekeySelf] =
            turn.now + turn.share(of: peer.ikeLifetime, role == .initiator ? 800...880 : 900...950)
        if let delay = peer.deadPeerDetection.delay { deadlines[.probe] = turn.now + delay }
        if secured?.nat.isLocalBehindNAT == true, let interval = turn.policy.timers.natKeepalive {
            deadlines[.keepalive] = turn.now + interval
        }
    }

    /// The peer's successor is not the one, which the peer will see to.
    mutating func becomeRedundant(_ turn: inout Turn) {
        updateEstablished { $0.standing = .redundant }
        deadlines[.expire] = turn.now + ProtocolLimits.supersededLife
    }

    /// Puts a task off that the peer cannot do now (RFC 7296 section 2.25).
    mutating func postpone(_ task: Task, _ turn: inout Turn) {
        updateEstablished { $0.postponed.append(task) }
        if deadlines[.postponed] == nil {
            deadlines[.postponed] = turn.now + turn.share(of: ProtocolLimits.postponement, 500...1500)
        }
    }

    /// The peer cannot do it now; if it never can, both sides have lost sight of each other.
    mutating func postponeRefused(_ task: Task, _ turn: inout Turn) {
        updateEstablished { $0.temporaryFailures += 1 }
        guard established?.temporaryFailures ?? 0 <= ProtocolLimits.temporaryFailures else {
            close("the peer answers TEMPORARY_FAILURE to whatever it is asked", &turn)
            return
        }
        postpone(task, &turn)
    }

    /// What was put off is tried again.
    mutating func resume(_ turn: inout Turn) {
        guard let waiting = established?.postponed else { return }
        updateEstablished { $0.postponed = [] }
        tasks += waiting
        work(&turn)
    }
}
