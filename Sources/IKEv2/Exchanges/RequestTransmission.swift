import IPsec
import ISAKMP
import Negotiation

/// Sending under the protection of an IKE SA.
extension IKESA {
    func header(_ type: ExchangeType, messageID: UInt32, isResponse: Bool) -> MessageHeader {
        var flags: MessageHeader.Flags = isResponse ? .response : []
        if role == .initiator { flags.insert(.initiator) }
        return MessageHeader(
            initiatorCookie: spis.initiator, responderCookie: spis.responder, exchangeType: type,
            flags: flags,
            messageID: messageID, version: 0x20)
    }

    /// Octets that a datagram may have where the peer understands fragments.
    private func limit(_ secured: Secured) -> Int? {
        guard secured.capabilities.readsFragments, let size = peer.fragmentSize else { return nil }
        return min(
            max(size, ProtocolLimits.fragmentSizes.lowerBound), ProtocolLimits.fragmentSizes.upperBound)
    }

    /// Sends a request, again and again until it is answered.
    mutating func request(
        _ kind: Request, _ type: ExchangeType, _ payloads: [Payload], _ turn: inout Turn
    ) {
        guard let secured, let messageID = window.nextRequest else { return }
        let message = Message(
            header: header(type, messageID: messageID, isResponse: false), payloads: payloads)
        do {
            let sealed = try secured.channel.seal(message, limit: limit(secured), random: &turn.random)
            let schedule = RetransmissionSchedule(turn.policy.timers, random: &turn.random)
            deadlines[.retransmit(messageID)] = turn.now + schedule.wait
            window.send(kind, sealed.datagrams, schedule)
            trace(.sent, sealed.clear, &turn)
            watchMessageIDs(turn)
            for datagram in sealed.datagrams { turn.effects.append(.send(datagram, path)) }
        } catch {
            end(.localResource(.cryptography("a request cannot be made: \(error)")), &turn)
        }
    }

    /// Answers the request that is being worked on.
    mutating func respond(_ type: ExchangeType, _ payloads: [Payload], _ turn: inout Turn) {
        guard let secured else { return }
        let message = Message(
            header: header(type, messageID: window.answered, isResponse: true), payloads: payloads)
        do {
            let sealed = try secured.channel.seal(message, limit: limit(secured), random: &turn.random)
            window.answer(sealed.datagrams)
            trace(.sent, sealed.clear, &turn)
            watchMessageIDs(turn)
            for datagram in sealed.datagrams { turn.effects.append(.send(datagram, path)) }
        } catch {
            end(.localResource(.cryptography("an answer cannot be made: \(error)")), &turn)
        }
    }

    mutating func retransmit(_ messageID: UInt32, _ turn: inout Turn) {
        guard let waiting = window.outstanding.first(where: { $0.messageID == messageID }) else { return }
        guard let datagrams = window.sendAgain(messageID) else {
            let awaiting = established == nil ? "IKE_AUTH" : "the answer to a request"
            let tries = 1 + waiting.schedule.sent
            end(.peerDeclined(.silent(awaiting: awaiting, tries: tries, hint: hint)), &turn)
            return
        }
        for datagram in datagrams { turn.effects.append(.send(datagram, path)) }
        if let current = window.outstanding.first(where: { $0.messageID == messageID }) {
            deadlines[.retransmit(messageID)] = turn.now + current.schedule.wait
            step("no answer yet, sent again (\(current.schedule.sent))", &turn)
        }
    }

    /// Puts a request off until its turn, and makes the next one that may go.
    mutating func enqueue(_ task: Task, _ turn: inout Turn) {
        guard tasks.count < ProtocolLimits.queuedRequests else {
            guard case .createChild(let request) = task else { return }
            turn.outcomes.append(
                .childFailed(request, .localPolicyForbids(.limit("too many requests wait for this peer"))))
            return
        }
        tasks.append(task)
        work(&turn)
    }

    /// Whether a request is under way after which there may be nothing left to ask of this SA.
    var isLeaving: Bool {
        window.outstanding.contains { outstanding in
            switch outstanding.kind {
            case .rekeySelf, .deleteSelf: true
            case .authenticate, .createChild, .deleteChildren, .probe: false
            }
        }
    }

    /// Has the SA renewed before it runs out of message IDs.
    private mutating func watchMessageIDs(_ turn: Turn) {
        guard window.isNearlyExhausted, established?.standing == .current, !isLeaving else { return }
        deadlines[.rekeySelf] = turn.now
    }

    /// Makes requests while the window lets us.
    mutating func work(_ turn: inout Turn) {
        while established != nil, window.nextRequest != nil, !isLeaving, let task = takeTask() {
            switch task {
            case .createChild(let request): startChild(request, replacing: nil, &turn)
            case .rekeyChild(let spi): startRekey(ofChild: spi, &turn)
            case .deleteChildren(let spis): startDelete(ofChildren: spis, &turn)
            case .rekeySelf: startSelfRekey(&turn)
            case .deleteSelf: startSelfDelete(&turn)
            case .probe: request(.probe, .informationalIKEv2, [], &turn)
            }
        }
    }

    /// The next of what waits; once another SA is the heir, all but the deletion of this one is left to that.
    private mutating func takeTask() -> Task? {
        guard established?.standing == .superseded else { return tasks.isEmpty ? nil : tasks.removeFirst() }
        let own = tasks.firstIndex { if case .deleteSelf = $0 { true } else { false } }
        return own.map { tasks.remove(at: $0) }
    }
}
