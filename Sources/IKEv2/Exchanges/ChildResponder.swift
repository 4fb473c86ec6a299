import Algorithms
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation
import Wire

/// The responder's side of making a child SA, in IKE_AUTH and in CREATE_CHILD_SA.
extension IKESA {
    /// Takes a CREATE_CHILD_SA request, for a child or for a successor of the IKE SA.
    mutating func receiveCreateRequest(_ message: Message, _ turn: inout Turn) {
        let isForSelf = message.payloads.contains { payload in
            if case .securityAssociation(let sa) = payload {
                sa.proposals.contains { $0.protocolID == IKEProtocol.ike.rawValue }
            } else {
                false
            }
        }
        if isForSelf {
            receiveSelfRequest(message, &turn)
        } else {
            receiveChildRequest(message, &turn)
        }
    }

    /// Answers a CREATE_CHILD_SA that asks for a child SA.
    ///
    ///  HDR, SK {[N(REKEY_SA),] SA, Ni, [KEi,] TSi, TSr}  -->
    private mutating func receiveChildRequest(_ message: Message, _ turn: inout Turn) {
        guard mayChangeChildren else {
            respond(.createChildSA, [.notify(NotifyPayload(.temporaryFailure))], &turn)
            return
        }
        do {
            let offer = try ChildOfferMessage(message)
            let nonces = Nonces(
                initiator: try message.nonce(), responder: turn.random.bytes(count: nonceSize))
            let rekeyed = try rekeyedChild(message)
            consider(
                PendingOffer(
                    exchange: .createChildSA, head: [], nonces: nonces, offer: offer,
                    keyExchange: try message.optionalKeyExchange(), replaces: rekeyed), &turn)
        } catch let refusal as Refusal {
            refuse(refusal, .createChildSA, head: [], &turn)
        } catch let failure as NegotiationFailure {
            refuse(Refusal(failure, NotifyPayload(.invalidSyntax)), .createChildSA, head: [], &turn)
        } catch {
            preconditionFailure("an error of no kind that is thrown here")
        }
    }

    /// Whether this SA is not about to leave its children to another one (RFC 7296 section 2.25.2).
    private var mayChangeChildren: Bool {
        guard let sa = established, sa.standing == .current, sa.rival == nil else { return false }
        return !isLeaving
    }

    /// The child that a request wants to replace; nil where it wants a new one.
    private func rekeyedChild(_ message: Message) throws -> SPI? {
        guard let notify = message.notification(.rekeySA) else { return nil }
        // The SPI is the one that the sender receives on, which we send to.
        guard let spi = UInt32(octets: notify.spi).map(SPI.init),
            let child = established?.children.values.first(where: {
                $0.peerSPI == spi && IKEProtocol($0.outbound.id.protocol)?.rawValue == notify.protocolID
            })
        else {
            throw Refusal(
                .peerViolatedProtocol("it wants to rekey a child SA that does not exist"),
                NotifyPayload(.childSANotFound, protocolID: notify.protocolID, spi: notify.spi))
        }
        switch child.phase {
        case .mature, .replaced: return child.spi
        case .closing, .lingering:
            throw Refusal(
                .cancelled("the child SA to be rekeyed is being deleted"), NotifyPayload(.temporaryFailure))
        }
    }

    /// Looks for what the configuration says of the traffic.
    mutating func consider(_ asked: PendingOffer, _ turn: inout Turn) {
        let pending = asked.offer.isTransport ? translated(asked, turn.policy) : asked
        let wanted = pending.offer
        let (local, remote) = (wanted.responderSelectors.selectors, wanted.initiatorSelectors.selectors)
        do throws(Refusal) {
            guard (established?.children.count ?? 0) < ProtocolLimits.children else {
                throw Refusal(
                    .localPolicyForbids(.limit("too many child SAs with this peer")),
                    NotifyPayload(.noAdditionalSAs))
            }
            if let request = configuredRequest(local, remote, pending.replaces, turn.policy) {
                try answer(pending, request, &turn)
                return
            }
            guard let first = local.last, let last = remote.last else {
                throw mismatch(pending, turn.policy)
            }
            let token = turn.token(for: id)
            updateEstablished { $0.answering = .findingPolicy(token, pending) }
            turn.effects.append(.findPolicy(token, local: first, remote: last))
        } catch {
            refuse(error, pending.exchange, head: pending.head, &turn)
        }
    }

    /// An offer of transport mode with the addresses that packets have here, unless a tunnel is for what it says itself.
    private func translated(_ asked: PendingOffer, _ policy: NegotiationPolicy) -> PendingOffer {
        guard secured?.nat.isDetected == true else { return asked }
        let seen = asSeenHere(asked)
        let requests = [seen, asked].map { pending in
            configuredRequest(
                pending.offer.responderSelectors.selectors, pending.offer.initiatorSelectors.selectors,
                pending.replaces, policy)
        }
        return requests[0]?.mode != .transport && requests[1]?.mode == .tunnel ? asked : seen
    }

    /// What is protected here of what the peer wants: what the child to be replaced protects, or what a tunnel does.
    ///
    /// The peer's first selectors may be those of a packet that waits, so a tunnel which is for them comes before one
    /// whose networks are named among others (RFC 7296 section 2.9), and that before one that only overlaps.
    private func configuredRequest(
        _ local: [TrafficSelector], _ remote: [TrafficSelector], _ replaces: SPI?, _ policy: NegotiationPolicy
    ) -> ChildRequest? {
        if let replaces, let old = established?.children[replaces] { return old.request }
        var fitting: ChildRequest?
        var best = -1
        // No closures: each would take a copy of the SA along.
        for tunnel in policy.tunnels where tunnel.peer == peer.name {
            guard let request = resolved(tunnel.request(on: path)),
                !TrafficSelectorNarrowing.narrow(local, to: request.locals).isEmpty,
                !TrafficSelectorNarrowing.narrow(remote, to: request.remotes).isEmpty
            else { continue }
            let isNamed = local.contains(request.local) && remote.contains(request.remote)
            let rank = (request.isFor(local.first, remote.first) ? 2 : 0) + (isNamed ? 1 : 0)
            if rank == 3 { return request }
            if rank > best { (fitting, best) = (request, rank) }
        }
        return fitting
    }

    /// Which policy covers the traffic is known.
    mutating func receivePolicy(_ token: EffectToken, _ policy: SecurityPolicy?, _ turn: inout Turn) {
        guard case .findingPolicy(token, let pending)? = established?.answering else { return }
        updateEstablished { $0.answering = nil }
        do throws(Refusal) {
            guard
                let request = try covered(pending, policy, turn) ?? generated(pending, besides: policy, &turn)
            else {
                throw mismatch(pending, turn.policy)
            }
            try answer(pending, request, &turn)
        } catch {
            refuse(error, pending.exchange, head: pending.head, &turn)
        }
    }

    /// What a policy that is there already has protected.
    private func covered(
        _ pending: PendingOffer, _ policy: SecurityPolicy?, _ turn: Turn
    ) throws(Refusal) -> ChildRequest? {
        guard let local = pending.offer.responderSelectors.selectors.last,
            let remote = pending.offer.initiatorSelectors.selectors.last
        else { return nil }
        do throws(NegotiationFailure) {
            let request = try ChildRequest(
                coveredBy: policy, local: local, remote: remote, peer: peer.name, path: path)
            return request?.bringsPolicies == true
                ? request?.compressing(pending.offer, turn.policy.child(for: parties(local, remote)))
                : request
        } catch {
            throw Refusal(error, NotifyPayload(.tsUnacceptable))
        }
    }

    private func mismatch(_ pending: PendingOffer, _ policy: NegotiationPolicy) -> Refusal {
        if let refusal = missingAddress(policy) { return refusal }
        let everything = TrafficSelector(IPPrefix(host: path.local.address))
        let configured = policy.tunnels.filter { $0.peer == peer.name }.map {
            "tunnel \"\($0.name)\" protects \($0.localSelector(on: path)) (ours) with "
                + "\($0.remoteSelector(on: path)) (its) (\($0.origin))"
        }
        return Refusal(
            .localPolicyForbids(
                .selectorMismatch(
                    local: pending.offer.responderSelectors.selectors.first ?? everything,
                    remote: pending.offer.initiatorSelectors.selectors.first ?? everything,
                    configured: configured)), NotifyPayload(.tsUnacceptable))
    }

    /// Agrees, and has the inbound SA put in place; only then may the peer learn that it can send.
    private mutating func answer(
        _ pending: PendingOffer, _ request: ChildRequest, _ turn: inout Turn
    ) throws(Refusal) {
        if let obstacle = obstacle(to: request.protocol) {
            throw Refusal(obstacle, NotifyPayload(.noProposalChosen))
        }
        guard let policy = turn.policy.child(for: parties(request.local, request.remote)) else {
            throw Refusal(
                .localPolicyForbids(.noChildPolicy(local: request.local, remote: request.remote)),
                NotifyPayload(.tsUnacceptable))
        }
        let local = TrafficSelectorNarrowing.narrow(
            pending.offer.responderSelectors.selectors, to: request.locals)
        let remote = TrafficSelectorNarrowing.narrow(
            pending.offer.initiatorSelectors.selectors, to: request.remotes)
        guard !local.isEmpty, !remote.isEmpty else { throw mismatch(pending, turn.policy) }
        guard pending.offer.isTransport || request.mode != .transport else {
            throw Refusal(
                .localPolicyForbids(
                    .limit("the peer asks for tunnel mode, and transport mode is configured")),
                NotifyPayload(.noProposalChosen))
        }
        let selection = try select(pending, policy, request.protocol)
        let offered = pending.offer.proposals[selection.index]
        let peerSPI = SPI(offered.spi.reduce(0) { $0 << 8 | UInt32($1) })
        try requireNew(peerSPI, request.protocol)
        let (exchange, secret) = try exchangeKeys(selection.suite, pending, &turn)
        guard let spi = turn.spi() else {
            throw Refusal(
                .localResource(.cryptography("no free SPI was drawn")), NotifyPayload(.noAdditionalSAs))
        }
        let compression = try agreedCompression(pending.offer, request, spi, &turn)
        let agreement = ChildAgreement(
            request: request.agreed(local, remote), suite: selection.suite, compression: compression,
            takesFlowPadding: pending.offer.takesFlowPadding, nonces: pending.nonces,
            secret: secret, ownSPI: spi, peerSPI: peerSPI, local: local, remote: remote,
            lifetime: policy.lifetime)
        let child = makeChild(agreement, role: .responder, turn)
        var payloads: [Payload] = []
        payloads.reserveCapacity(Payload.usualCount)
        payloads += pending.head
        if let compression {
            payloads.append(
                .notify(CompressionOffer(compression.algorithm, index: compression.ownIndex).notify))
        }
        if request.mode == .transport { payloads.append(.notify(NotifyPayload(.useTransportMode))) }
        payloads.append(
            .securityAssociation(
                SecurityAssociationPayload([.init(answering: offered, spi: spi.value.octets, selection)])))
        if pending.exchange == .createChildSA { payloads.append(.nonce(pending.nonces.responder)) }
        if let exchange {
            payloads.append(
                .keyExchange(KeyExchangePayload(exchange)))
        }
        payloads.append(.trafficSelectors(TrafficSelectorPayload(remote), .initiator))
        payloads.append(.trafficSelectors(TrafficSelectorPayload(local), .responder))
        let token = turn.token(for: id)
        updateEstablished { $0.answering = .installing(token, pending, payloads, child) }
        turn.effects.append(.install(token, child.inbound))
    }

    /// One SPI of a peer is that of one child: what it deletes and renews is named by it.
    private func requireNew(_ peerSPI: SPI, _ kind: SecurityProtocol) throws(Refusal) {
        for child in established?.children.values ?? [:].values
        where child.peerSPI == peerSPI && child.outbound.id.protocol == kind && child.phase != .lingering {
            throw Refusal(
                .peerViolatedProtocol("another child SA has the SPI \(peerSPI) that it offers"),
                NotifyPayload(.noProposalChosen))
        }
    }

    /// What we agree to of the peer's offers of compression; nil where there is none, or none is wanted.
    ///
    /// Fails where there has to be.
    private func agreedCompression(
        _ offer: ChildOfferMessage, _ request: ChildRequest, _ spi: SPI, _ turn: inout Turn
    ) throws(Refusal) -> CompressionAgreement? {
        guard let algorithm = request.compression, let peerIndex = offer.offeredIndex(algorithm),
            let ownIndex = turn.compressionIndex(for: spi)
        else {
            guard request.needsCompression else { return nil }
            turn.release(spi)
            throw Refusal(.withoutCompression, NotifyPayload(.noProposalChosen))
        }
        return CompressionAgreement(algorithm: algorithm, ownIndex: ownIndex, peerIndex: peerIndex)
    }

    private func select(
        _ pending: PendingOffer, _ policy: ChildPolicy, _ kind: SecurityProtocol
    ) throws(Refusal) -> SuiteSelection {
        let isFirst = pending.exchange == .ikeAuth
        let suites = policy.suites(of: kind)
        let ours = isFirst ? suites.map(\.withoutKeyExchange) : suites
        let offers = pending.offer.proposals.map { proposal in
            var offer = proposal.offer(for: kind == .ah ? .ah : .esp, spiSize: 4)
            // IKE_AUTH has no key exchange of its own, whatever a peer says that it could do later.
            if isFirst { offer.keyExchange = [] }
            return offer
        }
        let sent = pending.keyExchange.flatMap { Catalogue.keyExchange(number: $0.method) }
        guard let selection = SuiteSelection.select(from: offers, accepting: ours, sent: sent) else {
            throw Refusal(
                .noCommonChoice(.child, ProposalComparison(offers: offers, ours: ours)),
                NotifyPayload(.noProposalChosen))
        }
        return selection
    }

    private func exchangeKeys(
        _ suite: Suite, _ pending: PendingOffer, _ turn: inout Turn
    ) throws(Refusal) -> (PrivateValue?, SecretKey?) {
        guard let group = suite.keyExchange else { return (nil, nil) }
        guard let sent = pending.keyExchange, sent.method == group.number else {
            throw Refusal(
                .peerViolatedProtocol("KE is missing or of another group than \(group)"),
                NotifyPayload(.invalidKEPayload, data: group.number.octets))
        }
        do {
            let exchange = try PrivateValue(group, random: &turn.random)
            return (exchange, try exchange.sharedSecret(with: sent.publicValue))
        } catch {
            throw Refusal(error, NotifyPayload(.invalidSyntax))
        }
    }

    /// The inbound SA of a child that the peer asked for is in place, or cannot be.
    mutating func receiveAnswerInstalled(
        _ token: EffectToken, _ result: Result<Void, DatabaseFailure>, _ turn: inout Turn
    ) {
        guard case .installing(token, let pending, let payloads, var child)? = established?.answering else {
            return
        }
        updateEstablished { $0.answering = nil }
        if case .failure(let failure) = result {
            discard(child, child.placedInbounds, &turn)
            refuse(
                Refusal(.localResource(.database(failure)), NotifyPayload(.noProposalChosen)),
                pending.exchange, head: pending.head, &turn)
            return
        }
        child.placed += 1
        if let next = child.nextInbound {
            let token = turn.token(for: id)
            updateEstablished { $0.answering = .installing(token, pending, payloads, child) }
            turn.effects.append(.install(token, next))
            return
        }
        respond(pending.exchange, payloads, &turn)
        adopt(child, replacing: pending.replaces, pending.nonces, &turn)
        work(&turn)
    }

    /// The peer cannot have its child; the IKE SA is none the worse for it.
    mutating func refuse(
        _ refusal: Refusal, _ exchange: ExchangeType, head: [Payload], _ turn: inout Turn
    ) {
        respond(exchange, head + [.notify(refusal.answer)], &turn)
        turn.outcomes.append(.childFailed(nil, refusal.failure))
        work(&turn)
    }
}

extension ChildRequest {
    /// Whether all traffic between two selectors is part of what is asked for.
    fileprivate func isFor(_ local: TrafficSelector?, _ remote: TrafficSelector?) -> Bool {
        guard let local, let remote else { return false }
        return locals.contains { $0.contains(local) } && remotes.contains { $0.contains(remote) }
    }
}
