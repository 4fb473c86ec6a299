import Algorithms
import Credentials
import IPsec
import KeyMaterial
import Negotiation

/// What both sides of an exchange agree on about a child SA.
struct ChildAgreement {
    let request: ChildRequest
    let suite: Suite
    /// nil where packets are not compressed.
    let compression: CompressionAgreement?
    let takesFlowPadding: Bool
    let nonces: Nonces
    /// g^ir of the exchange's own; nil where it has none.
    let secret: SecretKey?
    let ownSPI: SPI
    let peerSPI: SPI
    let local: [TrafficSelector]
    let remote: [TrafficSelector]
    let lifetime: Duration
}

/// Child SAs in the database.
extension IKESA {
    /// What is known of the peer when a child policy is looked for.
    func parties(_ local: TrafficSelector, _ remote: TrafficSelector) -> ChildParties {
        ChildParties(
            local: local, remote: remote, peerAddress: path.remote.address,
            peerIdentity: established?.remoteIdentity, phase1ID: peer.phase1ID)
    }

    /// - Parameter role: which side of the exchange we are, which decides whose keys come first.
    func makeChild(_ agreement: ChildAgreement, role: IKESAStatus.Role, _ turn: Turn) -> ChildSA {
        guard let secured else { preconditionFailure("a child SA outside a protected IKE SA") }
        let keys = ChildSAKeys(
            agreement.suite, under: secured.keys, sharedSecret: agreement.secret, nonces: agreement.nonces)
        let isInitiator = role == .initiator
        var inbound = association(
            .inbound, agreement, isInitiator ? keys.fromResponder : keys.fromInitiator)
        var outbound = association(
            .outbound, agreement, isInitiator ? keys.fromInitiator : keys.fromResponder)
        let compression = agreement.compression.map {
            ChildCompression($0, inbound: inbound, outbound: outbound)
        }
        if compression != nil {
            inbound.mode = .transport
            outbound.mode = .transport
        }
        return ChildSA(
            role: role, request: agreement.request, inbound: inbound, outbound: outbound,
            compression: compression, takesFlowPadding: agreement.takesFlowPadding, suite: agreement.suite,
            local: agreement.local, remote: agreement.remote, lifetime: agreement.lifetime,
            established: turn.now)
    }

    private func association(
        _ direction: Direction, _ agreement: ChildAgreement, _ transform: ESPTransform
    ) -> SecurityAssociation {
        let isInbound = direction == .inbound
        let (from, to) = isInbound ? (path.remote, path.local) : (path.local, path.remote)
        let isEncapsulated = secured?.nat.isDetected ?? false
        let request = agreement.request
        return SecurityAssociation(
            id: SecurityAssociationID(
                destination: to.address, protocol: agreement.request.protocol,
                spi: isInbound ? agreement.ownSPI : agreement.peerSPI), source: from.address,
            direction: direction, mode: request.mode, requestID: request.requestID, transform: transform,
            encapsulation: isEncapsulated
                ? UDPEncapsulation(sourcePort: from.port, destinationPort: to.port) : nil,
            usesExtendedSequenceNumbers: agreement.suite.sequenceNumbers == .extended,
            lifetime: Lifetime(hardTime: agreement.lifetime),
            acquireSequence: isInbound ? 0 : request.acquireSequence)
    }

    /// The peer's child exists: its inbound SA is in place, and the peer knows.
    ///
    /// We go on sending through the one it replaces until the peer deletes that: before, the peer may not have our
    /// answer, and could not read what the new SA carries.
    mutating func adopt(_ child: ChildSA, replacing old: SPI?, _ nonces: Nonces, _ turn: inout Turn) {
        enter(child, renews: old != nil, &turn)
        if let old, isRekeying(old) || isInstalling(successorOf: old) {
            let collision = RekeyCollision(rival: child.spi, lowerNonce: nonces.lower)
            updateEstablished { $0.collisions[old] = collision }
        }
        if let old, established?.children[old]?.phase == .mature {
            updateEstablished { $0.children[old]?.phase = .replaced(by: child.spi) }
            deadlines[.rekeyChild(old)] = nil
        } else {
            startSending(child.spi, &turn)
        }
    }

    /// Whether a pair of ours that is to replace a child is on its way into the database.
    func isInstalling(successorOf old: SPI) -> Bool {
        established?.installing.values.contains { $0.replaces == old } ?? false
    }

    /// Keeps a child, and sets when it is to be renewed.
    mutating func enter(_ child: ChildSA, renews: Bool, _ turn: inout Turn) {
        updateEstablished { $0.children[child.spi] = child }
        deadlines[.expireChild(child.spi)] = turn.now + child.lifetime
        deadlines[.rekeyChild(child.spi)] =
            turn.now + turn.share(of: child.lifetime, child.role == .initiator ? 800...880 : 900...950)
        turn.outcomes.append(.adopted(child.inbound.id))
        let sentence = Sentence(
            """
            \(child.request.mode.rawValue) \(renews ? "renewed" : "established"): \(Self.text(child.local)) with \
            \(Self.text(child.remote)), \(child.suite.description), SPIs \(child.spi.description) in, \
            \(child.peerSPI.description) out\(child.compressionWords)
            """)
        turn.report(
            .notice, renews ? .childRekeyed : .childEstablished, child.subject, sentence.text)
    }

    static func text(_ selectors: [TrafficSelector]) -> String {
        selectors.map(\.description).joined(separator: " and ")
    }

    /// Has our packets go through a child.
    mutating func startSending(_ spi: SPI, _ turn: inout Turn) {
        guard let child = established?.children[spi], !child.sends else { return }
        let owner = id
        updateEstablished { sa in
            sa.children[spi]?.sends = true
            for association in child.outbounds {
                let token = turn.token(for: owner)
                sa.installing[token] = ChildInstallation(
                    child: child, replaces: nil, nonces: Nonces(initiator: [], responder: []),
                    step: .outbound(association.id))
                turn.effects.append(.install(token, association))
            }
        }
        turn.outcomes.append(.adopted(child.outbound.id))
        bringPolicies(of: child, &turn)
    }

    /// The database has answered.
    mutating func receiveInstalled(
        _ token: EffectToken, _ result: Result<Void, DatabaseFailure>, _ turn: inout Turn
    ) {
        guard let installation = established?.installing[token] else {
            receiveAnswerInstalled(token, result, &turn)
            return
        }
        updateEstablished { $0.endInstallation(token) }
        if case .failure(let failure) = result {
            failed(installation, .localResource(.database(failure)), &turn)
            return
        }
        guard installation.step == .inbound else { return }
        var child = installation.child
        child.placed += 1
        if let next = child.nextInbound {
            let token = turn.token(for: id)
            updateEstablished {
                $0.installing[token] = ChildInstallation(
                    child: child, replaces: installation.replaces, nonces: installation.nonces, step: .inbound
                )
            }
            turn.effects.append(.install(token, next))
            return
        }
        enter(child, renews: installation.replaces != nil, &turn)
        if let old = installation.replaces {
            succeed(child, old, installation.nonces, &turn)
        } else {
            startSending(child.spi, &turn)
        }
        work(&turn)
    }

    /// An SA could not be put in place: the pair is of no use to either side.
    private mutating func failed(
        _ installation: ChildInstallation, _ failure: NegotiationFailure, _ turn: inout Turn
    ) {
        let child = installation.child
        switch installation.step {
        case .inbound:
            discard(child, child.placedInbounds, &turn)
        case .outbound(let refused):
            // It may be gone already, by its other half or by either side.
            guard established?.children[child.spi] != nil else { return }
            updateEstablished { $0.children[child.spi]?.refused.insert(refused) }
            removeChild(child.spi, failure.sentence, &turn)
        }
        enqueue(.deleteChildren([child.identifier]), &turn)
        turn.outcomes.append(.childFailed(child.request, failure))
    }

    /// A child of ours has a successor that works: the peer is told that it is gone.
    mutating func retire(_ spi: SPI, _ turn: inout Turn) {
        guard let child = established?.children[spi], child.phase == .mature || child.isReplaced else {
            return
        }
        enqueue(.deleteChildren([child.identifier]), &turn)
    }

    /// Takes both SAs of a child out of the database.
    mutating func removeChild(_ spi: SPI, _ why: String, _ turn: inout Turn) {
        guard let child = established?.children[spi] else { return }
        let isLoss = child.phase == .mature || child.phase == .closing
        takePolicies(of: child, &turn)
        stopSending(spi, &turn)
        updateEstablished { $0.children[spi] = nil }
        deadlines[.rekeyChild(spi)] = nil
        deadlines[.expireChild(spi)] = nil
        deadlines[.removeInbound(spi)] = nil
        turn.release(spi)
        for inbound in child.inbounds { turn.effects.append(.remove(inbound.id)) }
        turn.outcomes.append(.released(child.inbound.id))
        turn.report(
            isLoss ? .notice : .debug, isLoss ? .childGone : .progress, child.subject,
            "\(isLoss ? "" : "old ")\(Self.text(child.local)) with \(Self.text(child.remote)) removed: \(why) "
                + "(SPIs \(spi) in, \(child.peerSPI) out)")
    }

    /// Takes the outbound SAs of a child out of the database.
    mutating func stopSending(_ spi: SPI, _ turn: inout Turn) {
        guard let child = established?.children[spi], child.sends else { return }
        updateEstablished { $0.children[spi]?.sends = false }
        for outbound in child.outbounds where !child.refused.contains(outbound.id) {
            turn.effects.append(.remove(outbound.id))
        }
        turn.outcomes.append(.released(child.outbound.id))
    }

    mutating func removeAllChildren(_ why: String, _ turn: inout Turn) {
        guard let sa = established else { return }
        for installation in sa.installing.values where installation.step == .inbound {
            discard(installation.child, installation.child.startedInbounds, &turn)
        }
        if case .installing(_, _, _, let child)? = sa.answering {
            discard(child, child.startedInbounds, &turn)
        }
        for spi in sa.children.keys.sorted(by: { $0.value < $1.value }) { removeChild(spi, why, &turn) }
    }

    /// Takes back the inbound SAs of a child that is on its way into the database.
    func discard(_ child: ChildSA, _ inbounds: ArraySlice<SecurityAssociation>, _ turn: inout Turn) {
        turn.release(child.spi)
        for inbound in inbounds { turn.effects.append(.remove(inbound.id)) }
    }

    mutating func expireChild(_ spi: SPI, _ turn: inout Turn) {
        guard let child = established?.children[spi] else { return }
        removeChild(spi, "lifetime over", &turn)
        enqueue(.deleteChildren([child.identifier]), &turn)
    }

    /// Packets that were under way when the peer stopped sending have come by now.
    mutating func removeInbound(_ spi: SPI, _ turn: inout Turn) {
        removeChild(spi, "replaced", &turn)
    }
}

extension ChildSA {
    /// What the log says of its compression, where it is wanted.
    fileprivate var compressionWords: String {
        switch compressionStatus {
        case .notWanted: ""
        case .declined: "; not compressed, as the peer does not agree to it"
        case .agreed(let algorithm, let inbound, let outbound):
            "; compressed by \(algorithm), CPIs \(inbound.spi) in, \(outbound.spi) out"
        }
    }

    var isReplaced: Bool {
        if case .replaced = phase { true } else { false }
    }
}
