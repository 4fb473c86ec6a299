import IPsec
import ISAKMP
import Negotiation

/// What arrives under the protection of an IKE SA.
extension IKESA {
    /// Handles a datagram whose SPIs are this SA's.
    mutating func receive(_ datagram: [UInt8], _ header: MessageHeader, from path: Path, _ turn: inout Turn) {
        guard header.flags.contains(.initiator) == (role == .responder) else {
            drop("a message with the initiator flag of the wrong side", &turn)
            return
        }
        if header.exchangeType == .ikeSAInit {
            if header.flags.contains(.response) {
                receiveInitialAnswer(datagram, path, &turn)
            } else {
                receiveInitialRepeat(datagram, &turn)
            }
            return
        }
        if case .answered = state, !header.flags.contains(.response) { deriveKeys(&turn) }
        guard let secured else {
            drop("a \(header.exchangeType) message before there are keys", &turn)
            return
        }
        open(datagram, secured, header, path, &turn)
        if established != nil { asked = [] }
    }

    private mutating func open(
        _ datagram: [UInt8], _ secured: Secured, _ header: MessageHeader, _ path: Path, _ turn: inout Turn
    ) {
        do throws(OpeningFailure) {
            let opened = try secured.channel.open(datagram)
            noteRequest(datagram, header)
            switch opened {
            case .message(let message, let clear): receiveAuthentic(message, clear, path, &turn)
            case .fragment(let fragment): receive(fragment, path, &turn)
            }
        } catch {
            switch error {
            case .malformed, .forged:
                if case .authenticating = state {
                    hint = "what came after IKE_SA_INIT could not be read: \(error)"
                }
                drop("a \(header.exchangeType) message: \(error)", &turn)
            case .unreadable(let error):
                noteRequest(datagram, header)
                receiveUnreadable(header, error, &turn)
            }
        }
    }

    /// Keeps a request of the peer for as long as the SA may end with the answer.
    private mutating func noteRequest(_ datagram: [UInt8], _ header: MessageHeader) {
        if !header.flags.contains(.response), window.isNext(header.messageID) { asked = datagram }
    }

    /// The peer made it, and it makes no sense: nothing good can follow (RFC 7296 section 2.21.3).
    private mutating func receiveUnreadable(
        _ header: MessageHeader, _ error: MessageError, _ turn: inout Turn
    ) {
        if header.flags.contains(.response) {
            guard window.awaits(header.messageID) else { return }
        } else {
            guard case .new = window.judge(header.messageID) else { return }
            window.beginAnswer()
            respond(header.exchangeType, [.notify(NotifyPayload(.invalidSyntax))], &turn)
        }
        end(.peerMalformed("\(error)"), &turn)
    }

    private mutating func receive(_ fragment: MessageFragment, _ path: Path, _ turn: inout Turn) {
        let isResponse = fragment.header.flags.contains(.response)
        let messageID = fragment.header.messageID
        if !isResponse, window.isRepeated(messageID) {
            // The answer goes out once for each time that all fragments came, not for each fragment.
            if fragment.number == 1 { answerAgain(messageID, &turn) }
            return
        }
        guard isResponse ? window.awaits(messageID) : window.isNext(messageID) else {
            drop("a fragment outside the window", &turn)
            return
        }
        var current = reassembly ?? FragmentReassembly(fragment)
        if !current.isPart(fragment) { current = FragmentReassembly(fragment) }
        do {
            let whole = try current.add(fragment)
            reassembly = whole == nil ? current : nil
            if let whole { receiveAuthentic(whole, try? whole.encode(), path, &turn) }
        } catch {
            reassembly = nil
            receiveUnreadable(fragment.header, error, &turn)
        }
    }

    private mutating func answerAgain(_ messageID: UInt32, _ turn: inout Turn) {
        guard case .repeated(let datagrams) = window.judge(messageID) else { return }
        for datagram in datagrams { turn.effects.append(.send(datagram, path)) }
    }

    /// - Parameter clear: the message's octets without encryption; nil where it is too long to be recorded.
    private mutating func receiveAuthentic(
        _ message: Message, _ clear: [UInt8]?, _ path: Path, _ turn: inout Turn
    ) {
        let messageID = message.header.messageID
        if message.header.flags.contains(.response) {
            // While its request is still there: what was asked for ends with the SA.
            if message.unknownCriticalPayload != nil, window.awaits(messageID) {
                end(.peerViolatedProtocol("an answer with a critical payload that is unknown here"), &turn)
                return
            }
            guard let request = window.takeRequest(answeredBy: messageID) else {
                drop("an answer that nothing waits for", &turn)
                return
            }
            deadlines[.retransmit(messageID)] = nil
            trace(.received, clear, &turn)
            heardFrom(path, &turn)
            receiveAnswer(message, to: request.kind, &turn)
            return
        }
        if case .authenticating = state, role == .initiator {
            drop("a request that overtook the answer to IKE_AUTH", &turn)
            return
        }
        switch window.judge(messageID) {
        case .new:
            trace(.received, clear, &turn)
            heardFrom(path, &turn)
            receiveRequest(message, &turn)
        case .repeated(let datagrams):
            for datagram in datagrams { turn.effects.append(.send(datagram, self.path)) }
        case .ignored: drop("message \(messageID), which is not awaited", &turn)
        }
    }

    private mutating func receiveRequest(_ message: Message, _ turn: inout Turn) {
        let type = message.header.exchangeType
        if let unknown = message.unknownCriticalPayload {
            window.beginAnswer()
            respond(
                type, [.notify(NotifyPayload(.unsupportedCriticalPayload, data: [unknown.rawValue]))], &turn)
            return
        }
        switch (state, type) {
        case (.authenticating, .ikeAuth): receiveAuthRequest(message, &turn)
        case (.established, .createChildSA):
            window.beginAnswer()
            receiveCreateRequest(message, &turn)
        case (.established, .informationalIKEv2):
            window.beginAnswer()
            receiveInformational(message, &turn)
        case (.authenticating, .informationalIKEv2):
            // An initiator that does not believe us says so and leaves (RFC 7296 section 2.21.2).
            window.beginAnswer()
            respond(type, [], &turn)
            end(refusal(in: message) ?? .peerDeclined(.deleted), &turn)
        default:
            window.beginAnswer()
            respond(type, [.notify(NotifyPayload(.invalidSyntax))], &turn)
            end(.peerViolatedProtocol("a \(type) request where none may be"), &turn)
        }
    }

    private func refusal(in message: Message) -> NegotiationFailure? {
        message.notifications.first(where: \.type.isError)?.refusal
    }

    private mutating func receiveAnswer(_ message: Message, to request: Request, _ turn: inout Turn) {
        guard isInUse || request.isDeleteSelf else {
            if let draft = request.draft { turn.release(draft.spi) }
            work(&turn)
            return
        }
        switch request {
        case .authenticate(let draft): receiveAuthAnswer(message, draft, &turn)
        case .createChild(let draft):
            receiveChildAnswer(message, draft, &turn)
            work(&turn)
        case .rekeySelf(let draft):
            receiveSelfAnswer(message, draft, &turn)
            work(&turn)
        case .deleteChildren(let spis): receiveDeleteAnswer(spis, &turn)
        case .deleteSelf:
            let why = established?.standing.end ?? ""
            end(.cancelled(why), &turn, sentence: why)
        case .probe: work(&turn)
        }
    }

    /// Whether what the peer answers can still change anything.
    private var isInUse: Bool {
        guard let sa = established else { return !isOver }
        return sa.standing == .current
    }

    /// An authentic, fresh message came: the peer lives, and it is where the message came from.
    private mutating func heardFrom(_ path: Path, _ turn: inout Turn) {
        // The initiator may have moved to the NAT traversal port after IKE_SA_INIT.
        if case .authenticating = state, role == .responder { self.path = path }
        updateEstablished { $0.heard = turn.now }
        guard path != self.path, secured?.nat.isRemoteBehindNAT == true,
            secured?.nat.isLocalBehindNAT == false
        else { return }
        move(to: path, &turn)
    }

    /// The peer's datagrams come from elsewhere: so do its packets, and ours go there.
    mutating func move(to path: Path, _ turn: inout Turn) {
        self.path = path
        for spi in established?.children.keys.sorted(by: { $0.value < $1.value }) ?? [] {
            move(spi, &turn)
        }
    }

    private mutating func move(_ spi: SPI, _ turn: inout Turn) {
        guard let child = established?.children[spi], child.outbound.encapsulation != nil,
            child.outbound.id.destination == path.remote.address
        else { return }
        let outbound = UDPEncapsulation(sourcePort: path.local.port, destinationPort: path.remote.port)
        let inbound = UDPEncapsulation(sourcePort: path.remote.port, destinationPort: path.local.port)
        if child.sends { turn.effects.append(.updateEncapsulation(child.outbound, outbound)) }
        turn.effects.append(.updateEncapsulation(child.inbound, inbound))
        updateEstablished { sa in
            sa.children[spi]?.outbound.encapsulation = outbound
            sa.children[spi]?.inbound.encapsulation = inbound
        }
    }
}

extension IKESA.Request {
    /// The child SA that it asks for, if it does.
    var draft: ChildDraft? {
        switch self {
        case .authenticate(let draft): draft
        case .createChild(let draft): draft
        case .rekeySelf, .deleteChildren, .deleteSelf, .probe: nil
        }
    }

    fileprivate var isDeleteSelf: Bool {
        if case .deleteSelf = self { true } else { false }
    }
}
