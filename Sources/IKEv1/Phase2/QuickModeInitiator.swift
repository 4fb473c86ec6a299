import Algorithms
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// The initiator's side of quick mode.
extension ISAKMPSA {
    /// Sends our offers: HASH(1), SA, Ni [, KE], IDci, IDcr.
    mutating func startQuickMode(
        _ request: ChildRequest, replacing old: SecurityAssociationID?, _ turn: inout Turn
    ) {
        do {
            try offer(request, replacing: old, &turn)
        } catch {
            turn.outcomes.append(.childFailed(request, error))
        }
    }

    private mutating func offer(
        _ request: ChildRequest, replacing old: SecurityAssociationID?, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard let sa = established else { throw .peerDeclined(.deleted) }
        guard sa.quickModes.count(where: { !$0.isOver }) < ProtocolLimits.quickModes else {
            throw .localPolicyForbids(.limit("too many quick modes at once with this peer"))
        }
        if let obstacle = request.obstacleInVersion1 { throw obstacle }
        guard let policy = turn.policy.child(for: parties(request.local, request.remote)) else {
            throw .localPolicyForbids(.noChildPolicy(local: request.local, remote: request.remote))
        }
        guard let spi = turn.spi() else { throw .localResource(.cryptography("no free SPI was drawn")) }
        let identifications = [request.local, request.remote].compactMap { IdentificationPayload($0) }
        guard identifications.count == 2 else {
            throw .localPolicyForbids(.limit("IKEv1 cannot negotiate a range of ports; name one port or all"))
        }
        let exchange = try policy.pfsGroup.map { group throws(NegotiationFailure) in
            try PrivateValue(group, random: &turn.random)
        }
        let nonce = turn.random.bytes(count: nonceSize)
        let proposals = ESPOffers.write(policy, mode: request.mode, form: sa.terms.form, spi: spi)
        guard let offer = try? SecurityAssociationPayload(proposals: proposals) else {
            throw .localPolicyForbids(
                .limit("the sainfo at \(policy.origin) makes no offer that IKEv1 knows"))
        }
        var payloads: [Payload] = [.securityAssociation(offer), .nonce(nonce)]
        if let exchange { payloads.append(.keyExchange(exchange.publicValue)) }
        payloads += identifications.map(Payload.identification) + originalAddresses(request.mode, .initiator)
        guard let (messageID, sealed) = sealFirst(payloads, .quickMode, &turn) else {
            throw .localResource(.cryptography("quick mode message 1 cannot be made"))
        }
        let sent = QuickMode.SentOffer(
            request: request, policy: policy, spi: spi, nonce: nonce, exchange: exchange,
            identifications: identifications, replaces: old)
        var quickMode = QuickMode(
            messageID: messageID, role: .initiator, iv: sealed.nextIV, state: .sentOffer(sent))
        transmit(&quickMode, sealed.datagram, awaitsAnswer: true, &turn)
        step(
            "--> HASH(1), SA, Ni\(exchange == nil ? "" : ", KE"), IDci, IDcr: \(request.local) with \(request.remote)",
            &turn)
        deadlines[.quickModeGiveUp(messageID)] = turn.now + turn.policy.timers.phase2
        store(quickMode)
    }

    /// The peer's choice: HASH(2), SA, Nr [, KE], IDci, IDcr.
    mutating func receiveAnswer(
        _ datagram: [UInt8], _ quickMode: QuickMode, _ sent: QuickMode.SentOffer, _ path: Path,
        _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard let terms else { return }
        let opened = try Self.open(datagram, terms.cipher, iv: quickMode.iv)
        let following = try Self.following(opened.message)
        try Self.check(
            opened.message,
            against: Phase2Hash.second(
                terms.keys, messageID: quickMode.messageID, initiatorNonce: sent.nonce, following: following))
        trace(.received, opened.message, &turn)
        heardFrom(path, &turn)
        var quickMode = quickMode
        quickMode.iv = opened.nextIV
        do {
            try accept(try QuickModeMessage(opened.message), &quickMode, sent, &turn)
            store(quickMode)
        } catch {
            store(quickMode)
            refuse(error, &turn)
            finish(quickMode.messageID, failed: error, &turn)
        }
    }

    private mutating func accept(
        _ answer: QuickModeMessage, _ quickMode: inout QuickMode, _ sent: QuickMode.SentOffer,
        _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard let terms else { return }
        let received = ESPOffers.read(answer.proposals.proposals, isEncapsulated: terms.form != .none)
        guard let chosen = received.first, received.count == 1, let spi = SPI(octets: chosen.proposal.spi)
        else {
            throw .peerViolatedProtocol("\(received.count) offers chosen instead of one")
        }
        var offer = chosen.offer
        // A shorter lifetime is the peer's to choose; a longer one is cut to ours.
        offer.lifetime = min(offer.lifetime ?? sent.policy.lifetime, sent.policy.lifetime)
        let selection = ProposalSelection.select(
            from: [offer], accepting: sent.policy, mode: sent.request.mode, check: .strict)
        guard var selection, sent.policy.encryption.contains(selection.encryption),
            selection.pfsGroup == sent.policy.pfsGroup
        else {
            throw .noCommonChoice(
                .child,
                ProposalComparison(
                    offers: [offer], policy: sent.policy, mode: sent.request.mode, check: .exact))
        }
        if !answer.identifications.isEmpty, !Self.same(answer.identifications, sent.identifications) {
            throw .peerViolatedProtocol("the peer answered with other traffic selectors than we asked for")
        }
        selection.lifetime = Self.shortened(selection.lifetime, by: answer.notifications)
        let secret = try sharedSecret(sent.exchange, answer.publicValue)
        let keying = ChildKeying(
            ownSPI: sent.spi, peerSPI: spi, initiatorNonce: sent.nonce, responderNonce: answer.nonce,
            secret: secret)
        let child = makeChild(
            sent.request, selection, keying, role: .initiator, replaces: sent.replaces, turn)
        let negotiated = QuickMode.Negotiated(
            child: child, initiatorNonce: sent.nonce, responderNonce: answer.nonce, answer: [])
        install(negotiated, &quickMode, &turn)
    }

    private static func same(_ left: [IdentificationPayload], _ right: [IdentificationPayload]) -> Bool {
        left == right
            || left.count == right.count
                && zip(left, right).allSatisfy { (try? $0.trafficSelector) == (try? $1.trafficSelector) }
    }

    private static func shortened(_ lifetime: Duration, by notifications: [NotificationPayload]) -> Duration {
        for notification in notifications where notification.type == .responderLifetime {
            guard let attributes = try? DataAttribute.readAll(notification.data.span),
                let told = TransformSubstructure.responderLifetime(attributes).0
            else { continue }
            return ProposalSelection.floored(
                min(lifetime, told), ours: lifetime, floor: ProposalSelection.shortestChildLifetime)
        }
        return lifetime
    }
}
