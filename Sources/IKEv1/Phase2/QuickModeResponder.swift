import Algorithms
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation
import Wire

/// The responder's side of quick mode.
extension ISAKMPSA {
    /// The peer's offers: HASH(1), SA, Ni [, KE] [, IDci, IDcr].
    mutating func receiveOffer(
        _ datagram: [UInt8], _ messageID: UInt32, _ path: Path, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        let active = quickModes.count { !$0.isOver }
        guard active < ProtocolLimits.quickModes else {
            throw .localPolicyForbids(.limit("too many quick modes at once with this peer"))
        }
        let opened = try openFirst(datagram, messageID, path, &turn)
        var quickMode = QuickMode(
            messageID: messageID, role: .responder, iv: opened.nextIV, state: .over(nil))
        quickMode.heard = Fingerprint(of: datagram)
        do {
            let message = try QuickModeMessage(opened.message)
            try consider(message, &quickMode, &turn)
            deadlines[.quickModeGiveUp(messageID)] = turn.now + turn.policy.timers.phase2
            store(quickMode)
        } catch {
            store(quickMode)
            refuse(error, &turn)
            turn.outcomes.append(.childFailed(nil, error))
        }
    }

    private mutating func consider(
        _ message: QuickModeMessage, _ quickMode: inout QuickMode, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        let (local, remote) = try selectors(of: message)
        let received = QuickMode.Received(message: message, local: local, remote: remote)
        if let tunnel = turn.policy.tunnel(of: peer.name, local: local, remote: remote, path: path) {
            let request = ChildRequest(
                tunnel: tunnel.name, peer: peer.name, path: path, local: local, remote: remote,
                mode: tunnel.mode,
                requestID: tunnel.requestID)
            try answer(received, request, &quickMode, &turn)
        } else {
            let token = turn.token(for: id)
            quickMode.state = .findingPolicy(token, received)
            turn.effects.append(.findPolicy(token, local: local, remote: remote))
        }
    }

    /// What is to be protected; the two peers themselves where the message does not say.
    private func selectors(
        of message: QuickModeMessage
    ) throws(NegotiationFailure) -> (local: TrafficSelector, remote: TrafficSelector) {
        guard let first = message.identifications.first, let last = message.identifications.last else {
            return (
                TrafficSelector(IPPrefix(host: path.local.address)),
                TrafficSelector(IPPrefix(host: path.remote.address))
            )
        }
        do {
            var (local, remote) = (try last.trafficSelector, try first.trafficSelector)
            if terms?.nat.isDetected == true, asksForTransport(message) {
                // Behind NAT a host knows only addresses that mean nothing to the other.
                local = local.moved(to: path.local.address)
                remote = remote.moved(to: path.remote.address)
            }
            return (local, remote)
        } catch {
            throw .peerMalformed("\(error)")
        }
    }

    private func asksForTransport(_ message: QuickModeMessage) -> Bool {
        message.proposals.proposals.first?.transforms.first?.childOffer.mode.choice == .transport
    }

    /// Which policy covers the traffic is known.
    mutating func receivePolicy(_ token: EffectToken, _ policy: SecurityPolicy?, _ turn: inout Turn) {
        guard
            var quickMode = quickModes.first(where: {
                if case .findingPolicy(token, _) = $0.state { true } else { false }
            }), case .findingPolicy(_, let received) = quickMode.state
        else { return }
        do throws(NegotiationFailure) {
            let covered = try ChildRequest(
                coveredBy: policy, local: received.local, remote: received.remote, peer: peer.name,
                path: path)
            guard let request = covered ?? generated(received, besides: policy, &turn) else {
                throw NegotiationFailure.localPolicyForbids(
                    .selectorMismatch(
                        local: received.local, remote: received.remote, configured: configured(turn.policy)))
            }
            if let obstacle = request.obstacleInVersion1 { throw obstacle }
            quickMode.state = .over(nil)
            try answer(received, request, &quickMode, &turn)
            store(quickMode)
        } catch {
            quickMode.state = .over(nil)
            store(quickMode)
            deadlines[.quickModeGiveUp(quickMode.messageID)] = nil
            refuse(error, &turn)
            turn.outcomes.append(.childFailed(nil, error))
        }
    }

    /// What `generate_policy` has protected; all that the peer asks for, since quick mode cannot narrow.
    private func generated(
        _ received: QuickMode.Received, besides policy: SecurityPolicy?, _ turn: inout Turn
    ) -> ChildRequest? {
        guard peer.generatesPolicies else { return nil }
        let offer = UncoveredOffer(
            local: [received.local], remote: [received.remote],
            mode: asksForTransport(received.message) ? .transport : .tunnel, leased: [],
            requestID: turn.random.uint32())
        let request = turn.policy.generatedRequest(
            for: offer, with: peer, parties: parties(received.local, received.remote), on: path,
            besides: policy)
        guard request?.local == received.local, request?.remote == received.remote else { return nil }
        return request
    }

    private func configured(_ policy: NegotiationPolicy) -> [String] {
        policy.tunnels.filter { $0.peer == peer.name }.map {
            "tunnel \"\($0.name)\" protects \($0.localSelector(on: path)) (ours) with "
                + "\($0.remoteSelector(on: path)) (its) (\($0.origin))"
        }
    }

    private mutating func answer(
        _ received: QuickMode.Received, _ request: ChildRequest, _ quickMode: inout QuickMode,
        _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard let terms else { return }
        guard let policy = turn.policy.child(for: parties(received.local, received.remote)) else {
            throw .localPolicyForbids(.noChildPolicy(local: received.local, remote: received.remote))
        }
        let message = received.message
        let offers = ESPOffers.read(message.proposals.proposals, isEncapsulated: terms.form != .none)
        let selection = ProposalSelection.select(
            from: offers.map(\.offer), accepting: policy, mode: request.mode, check: peer.proposalCheck)
        guard let selection, offers.indices.contains(selection.index) else {
            let comparison = ProposalComparison(
                offers: offers.map(\.offer), policy: policy, mode: request.mode, check: peer.proposalCheck)
            throw .noCommonChoice(.child, comparison)
        }
        let chosen = offers[selection.index]
        guard let peerSPI = SPI(octets: chosen.proposal.spi), let spi = turn.spi() else {
            throw .localResource(.cryptography("no free SPI was drawn"))
        }
        let exchange = try selection.pfsGroup.map { group throws(NegotiationFailure) in
            try PrivateValue(group, random: &turn.random)
        }
        let secret = try sharedSecret(exchange, message.publicValue)
        let nonce = turn.random.bytes(count: nonceSize)
        let keying = ChildKeying(
            ownSPI: spi, peerSPI: peerSPI, initiatorNonce: message.nonce, responderNonce: nonce,
            secret: secret)
        let child = makeChild(request, selection, keying, role: .responder, replaces: nil, turn)
        guard let payload = try? SecurityAssociationPayload(proposals: [chosen.accepted(spi: spi.octets)])
        else {
            throw .localResource(.cryptography("the answer cannot be made"))
        }
        var answer: [Payload] = []
        answer.reserveCapacity(Self.usualPayloads)
        answer.append(.securityAssociation(payload))
        answer.append(.nonce(nonce))
        if let exchange { answer.append(.keyExchange(exchange.publicValue)) }
        for identification in message.identifications { answer.append(.identification(identification)) }
        if selection.shortensLifetime { answer.append(responderLifetime(selection.lifetime, spi)) }
        answer += originalAddresses(request.mode, .responder)
        let negotiated = QuickMode.Negotiated(
            child: child, initiatorNonce: message.nonce, responderNonce: nonce, answer: answer)
        install(negotiated, &quickMode, &turn)
    }

    /// Payloads that few answers exceed.
    private static var usualPayloads: Int { 6 }

    private func responderLifetime(_ lifetime: Duration, _ spi: SPI) -> Payload {
        var octets: [UInt8] = []
        for attribute in TransformSubstructure.responderLifetime(lifetime) {
            octets += attribute.octets
        }
        return .notification(
            NotificationPayload(.responderLifetime, protocolID: ProtocolID.esp, spi: spi.octets, data: octets)
        )
    }

    /// The peer's confirmation: HASH(3).
    mutating func receiveConfirmation(
        _ datagram: [UInt8], _ quickMode: QuickMode, _ negotiated: QuickMode.Negotiated, _ path: Path,
        _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard let terms else { return }
        let opened = try Self.open(datagram, terms.cipher, iv: quickMode.iv)
        try Self.check(
            opened.message,
            against: Phase2Hash.third(
                terms.keys, messageID: quickMode.messageID, initiatorNonce: negotiated.initiatorNonce,
                responderNonce: negotiated.responderNonce))
        trace(.received, opened.message, &turn)
        heardFrom(path, &turn)
        var quickMode = quickMode
        quickMode.sending = nil
        deadlines[.quickMode(quickMode.messageID)] = nil
        installOutbound(negotiated, &quickMode, &turn)
        store(quickMode)
    }
}

extension TrafficSelector {
    /// The same protocol and ports of one address.
    fileprivate func moved(to address: IPAddress) -> TrafficSelector {
        TrafficSelector(first: address, last: address, upperProtocol: upperProtocol, ports: ports) ?? self
    }
}

extension DataAttribute {
    fileprivate var octets: [UInt8] {
        switch value {
        case .basic(let short): (type | 0x8000).octets + short.octets
        case .variable(let content): type.octets + UInt16(truncatingIfNeeded: content.count).octets + content
        }
    }
}
