import Algorithms
import Credentials
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation
import Wire

/// The initiator's side of IKE_SA_INIT.
extension IKESA {
    /// Begins an IKE SA with IKE_SA_INIT.
    ///
    /// Starts with  HDR, SAi1, KEi, Ni  -->
    static func initiate(
        _ id: IKESAID, to peer: PeerPolicy, over path: Path, isFirstContact: Bool, _ turn: inout Turn
    ) throws(NegotiationFailure) -> IKESA {
        guard let group = peer.suites.first?.keyExchange.first else {
            throw .localResource(
                .cryptography("remote \"\(peer.name)\" (\(peer.origin)) names no key exchange for IKEv2"))
        }
        let block = Boxed(wrappedValue: peer)
        var sa = IKESA(
            id: id, role: .initiator, begun: turn.now, isFirstContact: isFirstContact,
            spis: IKESPIs(initiator: turn.cookie()), path: path, peer: block, candidates: [block],
            state: .over, window: MessageWindow(next: 1, expected: 0))
        let exchange = try PrivateValue(group, random: &turn.random)
        let nonce = turn.random.bytes(count: sa.nonceSize)
        sa.deadlines[.giveUp] = turn.now + turn.policy.timers.phase1
        turn.report(.info, .progress, sa.subject, "IKE_SA_INIT started")
        try sa.sendInitial(exchange, nonce, cookie: [], attempts: 1, &turn)
        return sa
    }

    /// Octets of our nonces: at least half of what the longest key of the PRFs has (RFC 7296 section 2.10).
    var nonceSize: Int { max(32, min(peer.nonceSize, Payload.nonceSizes.upperBound)) }

    private mutating func sendInitial(
        _ exchange: PrivateValue, _ nonce: [UInt8], cookie: [UInt8], attempts: Int, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        var payloads: [Payload] = cookie.isEmpty ? [] : [.notify(NotifyPayload(.cookie, data: cookie))]
        payloads += [
            .securityAssociation(SecurityAssociationPayload(offering: peer.suites, .ike, spi: [])),
            .keyExchange(KeyExchangePayload(exchange)),
            .nonce(nonce),
        ]
        payloads += natDetection(&turn) + announcements()
        let datagram = try encodeInitial(payloads, isResponse: false)
        state = .initiating(
            Initiating(
                exchange: exchange, nonce: nonce, request: datagram, cookie: cookie, attempts: attempts))
        let schedule = RetransmissionSchedule(turn.policy.timers, random: &turn.random)
        initialSchedule = schedule
        deadlines[.retransmitInitial] = turn.now + schedule.wait
        turn.effects.append(.send(datagram, path))
        trace(.sent, datagram, &turn)
        step("--> SAi1, KEi (\(exchange.method)), Ni" + (cookie.isEmpty ? "" : ", with the cookie"), &turn)
    }

    /// A message of IKE_SA_INIT.
    func encodeInitial(_ payloads: [Payload], isResponse: Bool) throws(NegotiationFailure) -> [UInt8] {
        do {
            return try Message(
                header: header(.ikeSAInit, messageID: 0, isResponse: isResponse), payloads: payloads
            ).encode()
        } catch {
            throw .localResource(.cryptography("IKE_SA_INIT cannot be made: \(error)"))
        }
    }

    /// Where we send from and to, hashed (RFC 7296 section 2.23).
    func natDetection(_ turn: inout Turn) -> [Payload] {
        guard peer.natTraversal != .off else { return [] }
        // Where encapsulation is forced, the hash of our endpoint can match nothing.
        let own =
            peer.natTraversal == .force
            ? turn.random.bytes(count: 20) : InitialMessage.hash(spis, path.local)
        return [
            .notify(NotifyPayload(.natDetectionSourceIP, data: own)),
            .notify(
                NotifyPayload(.natDetectionDestinationIP, data: InitialMessage.hash(spis, path.remote))),
        ]
    }

    /// What we understand.
    ///
    /// - Parameter initiator: what the peer understands, where we answer it.
    func announcements(answering initiator: PeerCapabilities? = nil) -> [Payload] {
        var payloads: [Payload] = []
        if peer.fragmentSize != nil, initiator?.readsFragments ?? true {
            payloads.append(.notify(NotifyPayload(.fragmentationSupported)))
        }
        if usesSignatures, !peer.signatureHashes.isEmpty {
            let numbers = peer.signatureHashes.flatMap { $0.rawValue.octets }
            payloads.append(.notify(NotifyPayload(.signatureHashAlgorithms, data: numbers)))
        }
        return payloads
    }

    mutating func retransmitInitial(_ turn: inout Turn) {
        guard case .initiating(let initiating) = state, var schedule = initialSchedule, !schedule.isExhausted
        else { return }
        schedule.sendAgain()
        initialSchedule = schedule
        deadlines[.retransmitInitial] = turn.now + schedule.wait
        turn.effects.append(.send(initiating.request, path))
        step("no answer yet, sent again (\(schedule.sent))", &turn)
    }

    mutating func giveUp(_ turn: inout Turn) {
        let tries = 1 + (window.outstanding.first?.schedule.sent ?? initialSchedule?.sent ?? 0)
        switch state {
        case .initiating:
            end(.peerDeclined(.unreached(awaiting: "IKE_SA_INIT", tries: tries, hint: hint)), &turn)
        case .answered, .authenticating:
            end(.peerDeclined(.silent(awaiting: "IKE_AUTH", tries: tries, hint: hint)), &turn)
        case .established, .over: return
        }
    }

    /// The answer, which anybody on the path can have made: nothing that it says can end the exchange.
    mutating func receiveInitialAnswer(_ datagram: [UInt8], _ path: Path, _ turn: inout Turn) {
        guard case .initiating(let initiating) = state else { return }
        trace(.received, datagram, &turn)
        do {
            let message: Message
            do {
                message = try Message(decoding: datagram)
            } catch {
                throw NegotiationFailure.peerMalformed("\(error)")
            }
            if try beginAnew(message, initiating, &turn) { return }
            try receive(try InitialMessage(message), message, datagram, initiating, &turn)
        } catch let failure as NegotiationFailure {
            doubt(failure, &turn)
        } catch {
            drop("\(error)", &turn)
        }
    }

    /// An answer in the format of IKEv1, which says that the peer knows nothing newer.
    mutating func receiveOldRefusal(_ turn: inout Turn) {
        guard case .initiating = state else { return }
        let type = NotifyType.invalidMajorVersion
        doubt(.peerDeclined(.notified(type.description, number: type.rawValue)), &turn)
    }

    /// Tells of a refusal that nobody proves, and goes on waiting unless there is another version to try.
    private mutating func doubt(_ failure: NegotiationFailure, _ turn: inout Turn) {
        if hint == nil { turn.report(.warning, .progress, subject, failure) }
        hint = failure.sentence
        // Whoever can forge a refusal can as well keep answers from us: the other version loses nothing by it.
        if case .peerDeclined = failure, peer.allowsOtherVersion(than: .ikev2) { giveUp(&turn) }
    }

    /// Whether the answer asks for another first message, or refuses ours.
    private mutating func beginAnew(
        _ message: Message, _ initiating: Initiating, _ turn: inout Turn
    ) throws(NegotiationFailure) -> Bool {
        if let cookie = message.notification(.cookie)?.data {
            guard ProtocolLimits.cookieSizes.contains(cookie.count),
                initiating.attempts < ProtocolLimits.initialAttempts
            else { throw .peerViolatedProtocol("a cookie of \(cookie.count) octets, or one too often") }
            try sendInitial(
                initiating.exchange, initiating.nonce, cookie: cookie, attempts: initiating.attempts + 1,
                &turn)
            return true
        }
        if let notify = message.notification(.invalidKEPayload) {
            try sendInitial(
                try otherGroup(notify, initiating, &turn), initiating.nonce, cookie: initiating.cookie,
                attempts: initiating.attempts + 1, &turn)
            return true
        }
        if let refusal = message.notifications.first(where: \.type.isError) {
            throw .peerDeclined(
                .notified(
                    refusal.type.description, number: refusal.type.rawValue, asked: peer.suites.map(\.offer)))
        }
        return false
    }

    private func otherGroup(
        _ notify: NotifyPayload, _ initiating: Initiating, _ turn: inout Turn
    ) throws(NegotiationFailure) -> PrivateValue {
        guard let group = notify.wantedGroup(among: peer.suites) else {
            let number = notify.data.reduce(0) { $0 << 8 | Int($1) }
            throw .peerViolatedProtocol("it wants key exchange \(number), which was not offered")
        }
        guard group != initiating.exchange.method, initiating.attempts < ProtocolLimits.initialAttempts else {
            throw .peerViolatedProtocol("it refuses key exchange \(group), which it asked for")
        }
        return try PrivateValue(group, random: &turn.random)
    }

    ///  <--  HDR, SAr1, KEr, Nr  : there are keys now.
    private mutating func receive(
        _ received: InitialMessage, _ message: Message, _ datagram: [UInt8], _ initiating: Initiating,
        _ turn: inout Turn
    ) throws(NegotiationFailure) {
        let responder = message.header.responderCookie
        guard responder != 0, responder != spis.initiator else {
            throw .peerViolatedProtocol("the responder's SPI cannot be")
        }
        guard received.nonce != initiating.nonce else {
            throw .peerViolatedProtocol("our own nonce was sent back to us")
        }
        let suite = try Self.confirmed(received.proposals, .ike, spiSize: 0, among: peer.suites)
        guard suite.keyExchange == initiating.exchange.method,
            received.keyExchange.method == initiating.exchange.method.number
        else { throw .peerViolatedProtocol("KE is of another group than was agreed to") }
        let secret = try initiating.exchange.sharedSecret(with: received.keyExchange.publicValue)
        spis.responder = responder
        let opening = Opening(
            request: initiating.request, answer: datagram,
            nonces: Nonces(initiator: initiating.nonce, responder: received.nonce),
            nat: received.detectNAT(spis, on: path, peer.natTraversal), capabilities: received.capabilities,
            wish: message.certificateWish)
        let secured = try Self.secure(suite, secret, opening, spis, role)
        deadlines[.retransmitInitial] = nil
        initialSchedule = nil
        if opening.nat.isDetected { path = path.floated }
        step(
            "<-- SAr1 (\(suite)), KEr, Nr; "
                + (opening.nat.isDetected ? "a NAT is between us, or claimed" : "no NAT between us"), &turn)
        let identification = IdentificationPayload(localIdentity)
        try requireChildless(received.capabilities)
        var next = Authenticating(secured: secured, opening: opening, step: .sentAuth(key: nil))
        let token = askProof(
            next, as: identification, to: peer.onlyRemoteIdentity,
            wish: opening.wish, &turn)
        next.step = .makingAuth(token, identification)
        state = .authenticating(next)
    }

    /// Whether the peer leaves the first child out of IKE_AUTH, where that is demanded (RFC 6023).
    private func requireChildless(_ capabilities: PeerCapabilities) throws(NegotiationFailure) {
        guard peer.childless == .force, !capabilities.isChildlessAllowed else { return }
        throw .localPolicyForbids(
            .limit(
                "the peer does not take IKE_AUTH without a child SA, and childless force (\(peer.origin)) demands it; "
                    + "write prefer, or allow it on the peer"))
    }

    /// What of ours the peer chose: one proposal with one transform of each kind.
    static func confirmed(
        _ proposals: [SecurityAssociationPayload.Proposal], _ kind: IKEProtocol, spiSize: Int,
        among ours: [SuiteProposal]
    ) throws(NegotiationFailure) -> Suite {
        guard let proposal = proposals.first, proposals.count == 1,
            Set(proposal.transforms.map(\.type)).count == proposal.transforms.count
        else {
            throw .peerViolatedProtocol("the answer does not choose one proposal, or not one of each kind")
        }
        let offer = proposal.offer(for: kind, spiSize: spiSize)
        guard let selection = SuiteSelection.select(from: [offer], accepting: ours) else {
            throw .noCommonChoice(
                kind == .ike ? .ike : .child, ProposalComparison(offers: [offer], ours: ours))
        }
        return selection.suite
    }

    static func secure(
        _ suite: Suite, _ secret: SecretKey, _ opening: Opening, _ spis: IKESPIs, _ role: IKESAStatus.Role
    ) throws(NegotiationFailure) -> Secured {
        let keys = try IKESAKeys(
            suite, initial: secret, nonces: opening.nonces, spis: spis)
        return Secured(
            suite: suite, keys: keys, channel: try MessageChannel(keys, role: role), nat: opening.nat,
            capabilities: opening.capabilities)
    }

    /// Asks for what a pre-shared key makes of the key pad (RFC 7296 section 2.15).
    func askKey(_ keys: IKESAKeys, of identity: Identity?, _ turn: inout Turn) -> EffectToken {
        let token = turn.token(for: id)
        turn.effects.append(
            .keyWithSharedSecret(
                token,
                SharedSecretRequest(
                    prf: keys.prf, data: SignedOctets.keyPad, remoteAddress: path.remote.address,
                    remoteIdentity: identity)))
        return token
    }
}

extension Path {
    /// The same hosts on the port that both move to when a NAT is between them.
    var floated: Path {
        var path = self
        path.local.port = NATDetection.port
        if path.remote.port == 500 { path.remote.port = NATDetection.port }
        return path
    }
}
