import Algorithms
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation
import Wire

/// The initiator's side of making a child SA, in IKE_AUTH and in CREATE_CHILD_SA.
extension IKESA {
    /// What we ask for.
    ///
    /// - Parameter isFirst: whether it goes into IKE_AUTH, which has no key exchange of its own.
    func draft(
        _ request: ChildRequest, replacing old: SPI?, isFirst: Bool, group: KeyExchangeMethod? = nil,
        attempts: Int = 1, _ turn: inout Turn
    ) throws(NegotiationFailure) -> ChildDraft {
        guard let request = isFirst ? request : resolved(request) else { throw .peerDeclined(.noAddress) }
        if let obstacle = obstacle(to: request.protocol) { throw obstacle }
        guard let policy = turn.policy.child(for: parties(request.local, request.remote)) else {
            throw .localPolicyForbids(.noChildPolicy(local: request.local, remote: request.remote))
        }
        guard let spi = turn.spi() else { throw .localResource(.cryptography("no free SPI was drawn")) }
        let wanted = isFirst ? nil : group ?? policy.suites(of: request.protocol).first?.keyExchange.first
        var exchange: PrivateValue?
        if let wanted { exchange = try PrivateValue(wanted, random: &turn.random) }
        return ChildDraft(
            request: request, policy: policy, spi: spi,
            compressionIndex: request.compression == nil ? nil : turn.compressionIndex(for: spi),
            nonce: isFirst ? nil : turn.random.bytes(count: nonceSize), exchange: exchange, replaces: old,
            attempts: attempts)
    }

    /// What keeps a protocol from being used with this peer: AH covers addresses, which a NAT changes.
    func obstacle(to kind: SecurityProtocol) -> NegotiationFailure? {
        guard kind == .ah, secured?.nat.isDetected == true else { return nil }
        return .localPolicyForbids(
            .limit("AH cannot pass the NAT between us and the peer; use ESP (protocol esp), there as well"))
    }

    /// The payloads that ask for a child SA.
    ///
    /// [N(IPCOMP_SUPPORTED),] [N(USE_TRANSPORT_MODE),] SA, [Ni, KEi,] TSi, TSr
    func offer(_ draft: ChildDraft) -> [Payload] {
        var payloads: [Payload] = []
        if let algorithm = draft.request.compression, let index = draft.compressionIndex {
            payloads.append(.notify(CompressionOffer(algorithm, index: index).notify))
        }
        if draft.request.mode == .transport { payloads.append(.notify(NotifyPayload(.useTransportMode))) }
        payloads.append(
            .securityAssociation(
                SecurityAssociationPayload(offering: draft.suites, draft.kind, spi: draft.spi.value.octets)))
        if let nonce = draft.nonce { payloads.append(.nonce(nonce)) }
        if let exchange = draft.exchange {
            payloads.append(
                .keyExchange(KeyExchangePayload(exchange)))
        }
        return payloads + [
            .trafficSelectors(TrafficSelectorPayload(draft.request.locals), .initiator),
            .trafficSelectors(TrafficSelectorPayload(draft.request.remotes), .responder),
        ]
    }

    /// Asks for a child SA in CREATE_CHILD_SA.
    ///
    ///  HDR, SK {SA, Ni, [KEi,] TSi, TSr}  -->
    mutating func startChild(
        _ request: ChildRequest, replacing old: SPI?, group: KeyExchangeMethod? = nil, attempts: Int = 1,
        _ turn: inout Turn
    ) {
        do {
            let draft = try draft(
                request, replacing: old, isFirst: false, group: group, attempts: attempts, &turn)
            var payloads = offer(draft)
            if let old, let child = established?.children[old] {
                payloads.insert(
                    .notify(
                        NotifyPayload(.rekeySA, protocolID: draft.kind.rawValue, spi: old.value.octets)),
                    at: 0)
                step("--> N(REKEY_SA) of \(child.spi), SA, Ni, TSi, TSr", &turn)
            }
            self.request(.createChild(draft), .createChildSA, payloads, &turn)
        } catch {
            turn.outcomes.append(.childFailed(request, error))
            if let old { retryRekey(of: old, &turn) }
        }
    }

    /// Negotiates the successor of a child that is still the one in use, unless one is on its way.
    mutating func startRekey(ofChild spi: SPI, _ turn: inout Turn) {
        guard let child = established?.children[spi], child.phase == .mature, !isRekeying(spi),
            !isInstalling(successorOf: spi)
        else { return }
        deadlines[.rekeyChild(spi)] = nil
        var request = child.request
        request.acquireSequence = 0
        request.path = path
        startChild(request, replacing: spi, &turn)
    }

    /// A renewal that failed is tried again while the pair lives.
    private mutating func retryRekey(of spi: SPI, _ turn: inout Turn) {
        guard established?.children[spi]?.phase == .mature, let end = deadlines[.expireChild(spi)] else {
            return
        }
        deadlines[.rekeyChild(spi)] = turn.now + ProtocolLimits.renewalWait(lifeLeft: end - turn.now)
    }

    /// Takes the answer to a CREATE_CHILD_SA that asked for a child SA.
    ///
    ///  <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
    ///
    /// - Parameter draft: what we had asked for.
    mutating func receiveChildAnswer(_ message: Message, _ draft: ChildDraft, _ turn: inout Turn) {
        if unwanted.remove(draft.spi) != nil {
            turn.release(draft.spi)
            if !message.notifications.contains(where: \.type.isError) {
                enqueue(.deleteChildren([draft.identifier]), &turn)
            }
            return
        }
        if let refusal = message.notifications.first(where: \.type.isError) {
            turn.release(draft.spi)
            receive(refusal, draft, &turn)
            return
        }
        do {
            let agreement = try agreement(message, draft)
            let child = makeChild(agreement, role: .initiator, turn)
            let token = turn.token(for: id)
            updateEstablished {
                $0.temporaryFailures = 0
                $0.installing[token] = ChildInstallation(
                    child: child, replaces: draft.replaces, nonces: agreement.nonces, step: .inbound)
            }
            turn.effects.append(.install(token, child.inbound))
            if child.compression == nil { turn.compressionIndices.release(draft.spi) }
        } catch {
            // The peer believes in a pair that we do not make.
            enqueue(.deleteChildren([draft.identifier]), &turn)
            turn.release(draft.spi)
            fail(draft, error, &turn)
        }
    }

    private func agreement(
        _ message: Message, _ draft: ChildDraft
    ) throws(NegotiationFailure) -> ChildAgreement {
        var answer = try ChildOfferMessage(message)
        let suite = try Self.confirmed(answer.proposals, draft.kind, spiSize: 4, among: draft.suites)
        guard answer.isTransport == (draft.request.mode == .transport) else {
            throw .peerViolatedProtocol(
                "the peer wants \(answer.isTransport ? "transport" : "tunnel") mode, and \(draft.request.mode.rawValue) was asked for; make the mode on both sides the same"
            )
        }
        if answer.isTransport {
            answer.initiatorSelectors = asSeenHere(local: answer.initiatorSelectors)
            answer.responderSelectors = asSeenHere(remote: answer.responderSelectors)
        }
        guard let peerSPI = answer.proposals.first?.spi.reduce(0, { $0 << 8 | UInt32($1) }) else {
            throw .peerViolatedProtocol("no SPI")
        }
        let local = try ownSide(
            try subset(answer.initiatorSelectors, of: draft.request.locals), draft.request)
        let remote = try subset(answer.responderSelectors, of: draft.request.remotes)
        return ChildAgreement(
            request: draft.request.agreed(local, remote), suite: suite,
            compression: try answer.agreedCompression(draft), takesFlowPadding: answer.takesFlowPadding,
            nonces: try nonces(message, draft),
            secret: try secret(message, draft, suite), ownSPI: draft.spi, peerSPI: SPI(peerSPI), local: local,
            remote: remote, lifetime: draft.policy.lifetime)
    }

    /// A responder may narrow, and never widen (RFC 7296 section 2.9).
    private func subset(
        _ payload: TrafficSelectorPayload, of ours: [TrafficSelector]
    ) throws(NegotiationFailure) -> [TrafficSelector] {
        let selectors = payload.selectors
        guard !selectors.isEmpty, selectors.count == payload.elements.count,
            selectors.allSatisfy({ selector in ours.contains { $0.contains(selector) } })
        else {
            throw .peerViolatedProtocol("it answers \(Self.text(ours)) with \(Self.text(selectors))")
        }
        return selectors
    }

    private func nonces(_ message: Message, _ draft: ChildDraft) throws(NegotiationFailure) -> Nonces {
        guard let nonce = draft.nonce else {
            guard let nonces = established?.openingNonces else {
                throw .localResource(.cryptography("the nonces of IKE_SA_INIT are gone"))
            }
            return nonces
        }
        let answered = try message.nonce()
        guard answered != nonce else {
            throw .peerViolatedProtocol("our own nonce was sent back to us")
        }
        return Nonces(initiator: nonce, responder: answered)
    }

    private func secret(
        _ message: Message, _ draft: ChildDraft, _ suite: Suite
    ) throws(NegotiationFailure) -> SecretKey? {
        guard let group = suite.keyExchange else { return nil }
        guard let exchange = draft.exchange, exchange.method == group else {
            throw .peerViolatedProtocol("it agrees to key exchange \(group) without KE")
        }
        let sent = try message.keyExchange()
        guard sent.method == group.number else {
            throw .peerViolatedProtocol("KE is of another group than was agreed to")
        }
        return try exchange.sharedSecret(with: sent.publicValue)
    }

    /// The peer does not make the child.
    private mutating func receive(_ refusal: NotifyPayload, _ draft: ChildDraft, _ turn: inout Turn) {
        switch refusal.type {
        case .invalidKEPayload:
            guard let group = refusal.wantedGroup(among: draft.suites),
                group != draft.exchange?.method,
                draft.attempts < ProtocolLimits.initialAttempts
            else { break }
            startChild(
                draft.request, replacing: draft.replaces, group: group, attempts: draft.attempts + 1, &turn)
            return
        case .noProposalChosen:
            guard let group = groupNotOffered(draft) else { break }
            step("the peer may insist on a key exchange for the child: once more with \(group)", &turn)
            startChild(
                draft.request, replacing: draft.replaces, group: group, attempts: draft.attempts + 1, &turn)
            return
        case .childSANotFound:
            guard let old = draft.replaces else { break }
            collide(over: old)
            // The peer has replaced it already, and that pair stays.
            guard established?.children[old]?.phase == .mature else { return }
            // What we thought to replace is not there any more: a new one takes its place.
            removeChild(old, "the peer does not know it any more", &turn)
            enqueue(.createChild(draft.request), &turn)
            return
        case .temporaryFailure:
            if let old = draft.replaces {
                collide(over: old)
                postponeRefused(.rekeyChild(old), &turn)
            } else {
                postponeRefused(.createChild(draft.request), &turn)
            }
            return
        default: break
        }
        fail(draft, .peerDeclined(draft.refused(by: refusal)), &turn)
    }

    /// The IKE SA's own group, where a child without a key exchange was asked for.
    ///
    /// A peer that insists on one takes a child without it in IKE_AUTH, and would refuse to have it renewed.
    private func groupNotOffered(_ draft: ChildDraft) -> KeyExchangeMethod? {
        guard draft.suites.allSatisfy(\.keyExchange.isEmpty),
            draft.attempts < ProtocolLimits.initialAttempts
        else { return nil }
        return secured?.suite.keyExchange
    }

    private mutating func fail(_ draft: ChildDraft, _ failure: NegotiationFailure, _ turn: inout Turn) {
        turn.outcomes.append(.childFailed(draft.request, failure))
        guard let old = draft.replaces else { return }
        collide(over: old)
        retryRekey(of: old, &turn)
    }

    /// Forgets that the peer was replacing the same child as we: our exchange came to nothing.
    private mutating func collide(over old: SPI) {
        updateEstablished { $0.collisions[old] = nil }
    }
}

extension ChildDraft {
    /// The peer's refusal, with what of ours it is about.
    fileprivate func refused(by refusal: NotifyPayload) -> NegotiationFailure.DeclineCause {
        let asked: [String] =
            switch refusal.type {
            case .noProposalChosen: suites.map(\.offer)
            case .tsUnacceptable, .invalidSelectors, .singlePairRequired:
                ["we ask for \(request.local) (ours) with \(request.remote) (its)"]
            default: []
            }
        return .notified(refusal.type.description, number: refusal.type.rawValue, asked: asked)
    }
}
