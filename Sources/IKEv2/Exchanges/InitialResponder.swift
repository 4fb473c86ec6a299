import Algorithms
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation
import Wire

/// The responder's side of IKE_SA_INIT.
extension IKESA {
    /// Answers IKE_SA_INIT with our choice, our value and our nonce.
    ///
    /// Answers  HDR, SAi1, KEi, Ni  -->  with  <--  HDR, SAr1, KEr, Nr
    ///
    /// - Parameter candidates: the blocks that hold for the peer's address, which allow IKEv2.
    static func respond(
        _ id: IKESAID, to message: Message, _ datagram: [UInt8], from path: Path,
        candidates: [Boxed<PeerPolicy>], _ turn: inout Turn
    ) throws(Refusal) -> IKESA {
        let received = try parsed(message)
        let choice = try choose(among: received, candidates)
        let exchange = try draw(choice, received, &turn)
        let initiator = message.header.initiatorCookie
        var sa = IKESA(
            id: id, role: .responder, begun: turn.now, isFirstContact: false,
            spis: IKESPIs(initiator: initiator, responder: turn.cookie()), path: path, peer: choice.peer,
            candidates: choice.candidates, state: .over, window: MessageWindow(next: 0, expected: 1))
        try sa.answer(received, datagram, choice, exchange, &turn)
        return sa
    }

    /// What is chosen of a peer's proposals, and on behalf of which block.
    private struct Choice {
        let peer: Boxed<PeerPolicy>
        let candidates: [Boxed<PeerPolicy>]
        let selection: SuiteSelection
        let group: KeyExchangeMethod
    }

    private static func parsed(_ message: Message) throws(Refusal) -> InitialMessage {
        do {
            return try InitialMessage(message)
        } catch {
            throw Refusal(error, NotifyPayload(.invalidSyntax))
        }
    }

    private static func choose(
        among received: InitialMessage, _ candidates: [Boxed<PeerPolicy>]
    ) throws(Refusal) -> Choice {
        let offers = received.offers
        let sent = Catalogue.keyExchange(number: received.keyExchange.method)
        var chosen: SuiteSelection?
        var fitting: [Boxed<PeerPolicy>] = []
        for peer in candidates {
            guard
                let selection = SuiteSelection.select(
                    from: offers, accepting: peer.wrappedValue.suites, sent: sent),
                chosen == nil || chosen == selection
            else { continue }
            chosen = selection
            fitting.append(peer)
        }
        guard let peer = fitting.first, let chosen, let group = chosen.suite.keyExchange else {
            let comparison = ProposalComparison(
                offers: offers, ours: candidates.flatMap(\.wrappedValue.suites))
            throw Refusal(.noCommonChoice(.ike, comparison), NotifyPayload(.noProposalChosen))
        }
        return Choice(peer: peer, candidates: fitting, selection: chosen, group: group)
    }

    /// Our half of the key exchange; another group than the peer's is asked for without anything being kept.
    private static func draw(
        _ choice: Choice, _ received: InitialMessage, _ turn: inout Turn
    ) throws(Refusal) -> PrivateValue {
        guard received.keyExchange.method == choice.group.number else {
            throw Refusal(
                .peerViolatedProtocol(
                    "KE is of group \(received.keyExchange.method), \(choice.group) is wanted"),
                NotifyPayload(.invalidKEPayload, data: choice.group.number.octets))
        }
        guard received.keyExchange.publicValue.count == choice.group.publicValueSize else {
            let count = received.keyExchange.publicValue.count
            throw Refusal(
                .peerMalformed(
                    "a public value of \(count) octets, where \(choice.group) has \(choice.group.publicValueSize)"
                ),
                NotifyPayload(.invalidSyntax))
        }
        do {
            return try PrivateValue(choice.group, random: &turn.random)
        } catch {
            throw Refusal(error, NotifyPayload(.noProposalChosen))
        }
    }

    private mutating func answer(
        _ received: InitialMessage, _ datagram: [UInt8], _ choice: Choice, _ exchange: PrivateValue,
        _ turn: inout Turn
    ) throws(Refusal) {
        let nonce = turn.random.bytes(count: nonceSize)
        let offered = received.proposals[choice.selection.index]
        let capabilities = received.capabilities
        var payloads: [Payload] = []
        payloads.reserveCapacity(Payload.usualCount)
        payloads.append(
            .securityAssociation(
                SecurityAssociationPayload([.init(answering: offered, spi: [], choice.selection)])))
        payloads.append(.keyExchange(KeyExchangePayload(exchange)))
        payloads.append(.nonce(nonce))
        payloads += natDetection(&turn)
        payloads += announcements(answering: capabilities)
        payloads += childlessSupport
        payloads += certificateRequest
        let answer: [UInt8]
        do {
            answer = try encodeInitial(payloads, isResponse: true)
        } catch {
            throw Refusal(error, NotifyPayload(.noProposalChosen))
        }
        let opening = Opening(
            request: datagram, answer: answer, nonces: Nonces(initiator: received.nonce, responder: nonce),
            // The request was hashed before there was a responder SPI.
            nat: received.detectNAT(
                IKESPIs(initiator: spis.initiator), on: path, peer.natTraversal), capabilities: capabilities,
            wish: CertificateWish())
        state = .answered(
            Answered(
                suite: choice.selection.suite, exchange: exchange,
                peerValue: received.keyExchange.publicValue, opening: opening))
        deadlines[.giveUp] = turn.now + turn.policy.timers.phase1
        turn.effects.append(.send(answer, path))
        trace(.received, datagram, &turn)
        trace(.sent, answer, &turn)
        step(
            Sentence("--> SAi1, KEi, Ni; <-- SAr1 (\(choice.selection.suite.description)), KEr, Nr").text,
            &turn)
    }

    private var childlessSupport: [Payload] {
        peer.childless == .never ? [] : [.notify(NotifyPayload(.childlessIKEv2Supported))]
    }

    /// A first message that came before is answered as before.
    mutating func receiveInitialRepeat(_ datagram: [UInt8], _ turn: inout Turn) {
        let opening: Opening
        switch state {
        case .answered(let answered): opening = answered.opening
        case .authenticating(let authenticating): opening = authenticating.opening
        case .initiating, .established, .over: return
        }
        guard opening.request == datagram else {
            drop("another IKE_SA_INIT request under the same SPI", &turn)
            return
        }
        turn.effects.append(.send(opening.answer, path))
    }

    /// The first message under protection is here: now the secret is worth its price.
    mutating func deriveKeys(_ turn: inout Turn) {
        guard case .answered(let answered) = state else { return }
        do {
            let secret = try answered.exchange.sharedSecret(with: answered.peerValue)
            let secured = try Self.secure(answered.suite, secret, answered.opening, spis, role)
            state = .authenticating(
                Authenticating(secured: secured, opening: answered.opening, step: .awaitingAuth))
        } catch {
            end(error, &turn)
        }
    }
}
