import Algorithms
import Credentials
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// What the keys of a child SA pair are made from.
struct ChildKeying {
    let ownSPI: SPI
    let peerSPI: SPI
    let initiatorNonce: [UInt8]
    let responderNonce: [UInt8]
    /// g(qm)^xy; nil without PFS.
    let secret: SecretKey?
}

/// What both sides of quick mode do alike.
extension ISAKMPSA {
    mutating func receiveQuickMode(
        _ datagram: [UInt8], _ messageID: UInt32, _ path: Path, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard var quickMode = quickMode(messageID) else {
            try receiveOffer(datagram, messageID, path, &turn)
            return
        }
        let fingerprint = Fingerprint(of: datagram)
        if quickMode.heard == fingerprint {
            repeatAnswer(&quickMode, &turn)
            store(quickMode)
            return
        }
        quickMode.heard = fingerprint
        switch quickMode.state {
        case .sentOffer(let sent): try receiveAnswer(datagram, quickMode, sent, path, &turn)
        case .answered(let negotiated): try receiveConfirmation(datagram, quickMode, negotiated, path, &turn)
        case .findingPolicy, .installingInbound, .settling, .installingOutbound, .over:
            throw .peerViolatedProtocol("a quick mode message that is not awaited")
        }
    }

    private mutating func repeatAnswer(_ quickMode: inout QuickMode, _ turn: inout Turn) {
        quickMode.repeats += 1
        guard let sending = quickMode.sending, quickMode.repeats <= ProtocolLimits.repeatedAnswers else {
            return
        }
        turn.effects.append(.send(sending.datagram, path))
        if case .over(let child?) = quickMode.state { turn.outcomes.append(.childUnconfirmed(child)) }
    }

    mutating func store(_ quickMode: QuickMode) {
        established?.store(quickMode)
    }

    mutating func transmit(
        _ quickMode: inout QuickMode, _ datagram: [UInt8], awaitsAnswer: Bool, _ turn: inout Turn
    ) {
        var schedule: RetransmissionSchedule?
        if awaitsAnswer { schedule = RetransmissionSchedule(turn.policy.timers, random: &turn.random) }
        deadlines[.quickMode(quickMode.messageID)] = schedule.map { turn.now + $0.wait }
        quickMode.sending = Sending(datagram: datagram, schedule: schedule)
        turn.effects.append(.send(datagram, path))
    }

    /// A quick mode's timer: send again, or turn the traffic over to the new pair.
    mutating func continueQuickMode(_ messageID: UInt32, _ turn: inout Turn) {
        guard var quickMode = quickMode(messageID),
            case .settling(let negotiated) = quickMode.state
        else {
            retransmitQuickMode(messageID, &turn)
            return
        }
        installOutbound(negotiated, &quickMode, &turn)
        store(quickMode)
    }

    private mutating func retransmitQuickMode(_ messageID: UInt32, _ turn: inout Turn) {
        guard var quickMode = quickMode(messageID), var sending = quickMode.sending,
            var schedule = sending.schedule, !schedule.isExhausted
        else { return }
        schedule.sendAgain()
        sending.schedule = schedule
        quickMode.sending = sending
        deadlines[.quickMode(messageID)] = turn.now + schedule.wait
        turn.effects.append(.send(sending.datagram, path))
        store(quickMode)
    }

    mutating func giveUpQuickMode(_ messageID: UInt32, _ turn: inout Turn) {
        guard let quickMode = quickMode(messageID), !quickMode.isOver else { return }
        let tries = 1 + (quickMode.sending?.schedule?.sent ?? 0)
        finish(
            messageID,
            failed: .peerDeclined(.silent(awaiting: quickMode.awaited, tries: tries, hint: nil)), &turn)
        switch quickMode.state {
        case .sentOffer: established?.isDoubted = true
        case .answered(let negotiated): turn.outcomes.append(.childTakenBack(negotiated.child.request))
        case .findingPolicy, .installingInbound, .settling, .installingOutbound, .over: break
        }
    }

    /// Ends a quick mode that failed and takes back what it put into the database.
    mutating func finish(_ messageID: UInt32, failed failure: NegotiationFailure, _ turn: inout Turn) {
        guard var quickMode = quickMode(messageID), !quickMode.isOver else { return }
        let request = quickMode.request
        switch quickMode.state {
        case .sentOffer(let sent): turn.usedSPIs.remove(sent.spi)
        case .installingInbound(_, let negotiated), .answered(let negotiated), .settling(let negotiated),
            .installingOutbound(_, let negotiated):
            turn.effects.append(.remove(negotiated.child.inbound.id))
            turn.usedSPIs.remove(negotiated.child.inbound.id.spi)
            delete([negotiated.child.inbound.id.spi], &turn)
        case .findingPolicy, .over: break
        }
        quickMode.state = .over(nil)
        quickMode.sending = nil
        deadlines[.quickMode(messageID)] = nil
        deadlines[.quickModeGiveUp(messageID)] = nil
        store(quickMode)
        turn.outcomes.append(.childFailed(request, failure))
    }

    /// Tells the authenticated peer why its quick mode, or its answer to ours, is refused.
    mutating func refuse(_ failure: NegotiationFailure, _ turn: inout Turn) {
        guard let type = failure.protectedNotification else { return }
        notify(NotificationPayload(type, protocolID: ProtocolID.isakmp), &turn)
    }

    func parties(_ local: TrafficSelector, _ remote: TrafficSelector) -> ChildParties {
        ChildParties(
            local: local, remote: remote, peerAddress: path.remote.address,
            peerIdentity: terms?.remoteIdentity, phase1ID: peer.phase1ID)
    }

    /// NAT-OA payloads for transport mode: the initiator's address, then the responder's, as we know them.
    ///
    /// They let a peer correct checksums (RFC 3947 section 5.2). We do not look at the peer's, as neither of our
    /// data planes needs them.
    func originalAddresses(_ mode: EncapsulationMode, _ role: IKESAStatus.Role) -> [Payload] {
        guard mode == .transport, let terms, terms.form != .none else { return [] }
        let form = terms.capabilities.natTraversal ?? .rfc3947
        let own = Payload.natOriginalAddress(path.local.address, form)
        let other = Payload.natOriginalAddress(path.remote.address, form)
        return role == .initiator ? [own, other] : [other, own]
    }

    func sharedSecret(
        _ exchange: PrivateValue?, _ peerValue: [UInt8]?
    ) throws(NegotiationFailure) -> SecretKey? {
        switch (exchange, peerValue) {
        case (nil, nil): return nil
        case (let exchange?, let value?): return try exchange.sharedSecret(with: value)
        case (nil, _?): throw .peerViolatedProtocol("a key exchange without a PFS group")
        case (_?, nil): throw .peerViolatedProtocol("a PFS group without a key exchange")
        }
    }

    func makeChild(
        _ request: ChildRequest, _ selection: ChildSelection, _ keying: ChildKeying, role: IKESAStatus.Role,
        replaces: SecurityAssociationID?, _ turn: Turn
    ) -> ChildSA {
        var request = request
        request.path = path
        let child = ChildSA(
            role: role, request: request,
            peerIdentity: terms?.remoteIdentity ?? .address(path.remote.address),
            inbound: association(.inbound, request, selection, keying),
            outbound: association(.outbound, request, selection, keying), local: request.local,
            remote: request.remote, established: turn.now, replaces: replaces)
        return child
    }

    private func association(
        _ direction: Direction, _ request: ChildRequest, _ selection: ChildSelection, _ keying: ChildKeying
    ) -> SecurityAssociation {
        let isInbound = direction == .inbound
        let (from, to) = isInbound ? (path.remote, path.local) : (path.local, path.remote)
        let spi = isInbound ? keying.ownSPI : keying.peerSPI
        let isEncapsulated = terms.map { $0.form != .none } ?? false
        return SecurityAssociation(
            id: SecurityAssociationID(destination: to.address, protocol: .esp, spi: spi),
            source: from.address,
            direction: direction, mode: selection.mode, requestID: request.requestID,
            transform: transform(spi, selection, keying),
            encapsulation: isEncapsulated
                ? UDPEncapsulation(sourcePort: from.port, destinationPort: to.port) : nil,
            lifetime: lifetime(selection), acquireSequence: isInbound ? 0 : request.acquireSequence)
    }

    private func lifetime(_ selection: ChildSelection) -> Lifetime {
        let bytes = selection.kilobytes.map { $0.multipliedReportingOverflow(by: 1024) }
        let hardBytes = bytes.flatMap { $0.overflow ? nil : $0.partialValue }
        return Lifetime(
            hardTime: selection.lifetime, softBytes: hardBytes.map { $0 / 10 * 8 }, hardBytes: hardBytes)
    }

    private func transform(_ spi: SPI, _ selection: ChildSelection, _ keying: ChildKeying) -> ESPTransform {
        guard let terms else {
            preconditionFailure("a quick mode outside an established ISAKMP SA")
        }
        return QuickModeKeys.espTransform(
            terms.keys, sharedSecret: keying.secret, spi: spi, initiatorNonce: keying.initiatorNonce,
            responderNonce: keying.responderNonce, encryption: selection.encryption,
            integrity: selection.integrity)
    }

    /// Has the inbound SA put in place; only then may the peer learn that it can send.
    func install(_ negotiated: QuickMode.Negotiated, _ quickMode: inout QuickMode, _ turn: inout Turn) {
        let token = turn.token(for: id)
        quickMode.state = .installingInbound(token, negotiated)
        turn.effects.append(.install(token, negotiated.child.inbound))
        let spi = negotiated.child.inbound.id.spi.description
        step(Sentence("inbound SA \(spi) goes in before the peer can send").text, &turn)
    }

    func installOutbound(_ negotiated: QuickMode.Negotiated, _ quickMode: inout QuickMode, _ turn: inout Turn)
    {
        let token = turn.token(for: id)
        quickMode.state = .installingOutbound(token, negotiated)
        turn.effects.append(.install(token, negotiated.child.outbound))
    }

    /// The database has answered.
    mutating func receiveInstalled(
        _ token: EffectToken, _ result: Result<Void, DatabaseFailure>, _ turn: inout Turn
    ) {
        guard var quickMode = quickModes.first(where: { $0.awaits(token) }) else {
            return
        }
        if case .failure(let failure) = result {
            refuse(.localResource(.database(failure)), &turn)
            finish(quickMode.messageID, failed: .localResource(.database(failure)), &turn)
            return
        }
        switch quickMode.state {
        case .installingInbound(_, let negotiated):
            sendAnswer(negotiated, &quickMode, &turn)
            store(quickMode)
        case .installingOutbound(_, let negotiated):
            quickMode.state = .over(negotiated.child.id)
            deadlines[.quickModeGiveUp(quickMode.messageID)] = nil
            store(quickMode)
            turn.outcomes.append(.childEstablished(negotiated.child))
        case .sentOffer, .findingPolicy, .answered, .settling, .over: break
        }
    }

    /// The responder sends HASH(2)…, the initiator HASH(3), after which it may send itself.
    private mutating func sendAnswer(
        _ negotiated: QuickMode.Negotiated, _ quickMode: inout QuickMode, _ turn: inout Turn
    ) {
        guard let terms else { return }
        let isResponder = quickMode.role == .responder
        let hash: [UInt8]
        if isResponder {
            let following = (try? Message.encode(negotiated.answer)) ?? []
            hash = Phase2Hash.second(
                terms.keys, messageID: quickMode.messageID, initiatorNonce: negotiated.initiatorNonce,
                following: following)
        } else {
            hash = Phase2Hash.third(
                terms.keys, messageID: quickMode.messageID, initiatorNonce: negotiated.initiatorNonce,
                responderNonce: negotiated.responderNonce)
        }
        let message = Message(
            header: header(.quickMode, messageID: quickMode.messageID),
            payloads: [.hash(hash)] + negotiated.answer)
        guard let sealed = try? terms.cipher.seal(message, iv: quickMode.iv) else { return }
        quickMode.iv = sealed.nextIV
        trace(.sent, sealed.clear, &turn)
        transmit(&quickMode, sealed.datagram, awaitsAnswer: isResponder, &turn)
        if isResponder {
            quickMode.state = .answered(negotiated)
            step("<-- HASH(2), SA, Nr", &turn)
            return
        }
        step("<-- HASH(2), SA, Nr, --> HASH(3)", &turn)
        quickMode.state = .settling(negotiated)
        let isRenewal = negotiated.child.replaces != nil
        deadlines[.quickMode(quickMode.messageID)] =
            turn.now + (isRenewal ? ProtocolLimits.settlingTime : ProtocolLimits.firstSettlingTime)
    }
}

extension QuickMode {
    fileprivate func awaits(_ token: EffectToken) -> Bool {
        switch state {
        case .installingInbound(let own, _), .installingOutbound(let own, _): own == token
        case .sentOffer, .findingPolicy, .answered, .settling, .over: false
        }
    }
}
