import Cryptography
import IPsec
import ISAKMP
import Negotiation

/// Which IKE SA a datagram is for.
extension IKEv2Endpoint {
    mutating func receive(_ datagram: [UInt8], _ path: Path) {
        let header: MessageHeader
        do {
            header = try Message.header(of: datagram)
        } catch {
            if case .majorVersion(let version, _) = error.reason {
                if version == 1 { return receiveOldRefusal(datagram) }
                refuseVersion(datagram, path)
            }
            drop("a message that cannot be read: \(error)", .debug, datagram, path)
            return
        }
        guard header.initiatorCookie != 0 else {
            drop("a message without an initiator SPI", .debug, datagram, path)
            return
        }
        if let id = owner(of: header) {
            update(id) { $0.receive(datagram, header, from: path, &$1) }
        } else if header.exchangeType == .ikeSAInit, header.responderCookie == 0, header.messageID == 0,
            header.flags.contains(.initiator), !header.flags.contains(.response)
        {
            receiveFirst(datagram, header, path)
        } else if let answer = lastAnswer(to: datagram, header) {
            for datagram in answer { turn.effects.append(.send(datagram, path)) }
        } else {
            drop("a \(header.exchangeType) message with unknown SPIs", .debug, datagram, path)
        }
    }

    /// What an SA that is over said to a request, where that comes again.
    private mutating func lastAnswer(to datagram: [UInt8], _ header: MessageHeader) -> [[UInt8]]? {
        guard !header.flags.contains(.response) else { return nil }
        let own = header.flags.contains(.initiator) ? header.responderCookie : header.initiatorCookie
        return lastAnswers.answer(to: datagram, spi: own, now: turn.now)
    }

    /// A notification of IKEv1 in answer to our IKE_SA_INIT: the peer has nothing newer, or does not want to.
    private mutating func receiveOldRefusal(_ datagram: [UInt8]) {
        guard let header = try? MessageHeader(of: datagram), header.exchangeType == .informational,
            let id = bySPI[header.initiatorCookie], associations[id]?.role == .initiator
        else { return }
        update(id) { $0.receiveOldRefusal(&$1) }
    }

    /// Says which version we have to a request of a higher one, and not more often than anybody needs it
    /// (RFC 7296 sections 1.5 and 2.5).
    private mutating func refuseVersion(_ datagram: [UInt8], _ path: Path) {
        guard let header = try? MessageHeader(of: datagram), header.majorVersion > 2,
            !header.flags.contains(.response), versionRefusals.count(now: turn.now) != nil
        else { return }
        let answer = MessageHeader(
            initiatorCookie: header.initiatorCookie, responderCookie: header.responderCookie,
            exchangeType: header.exchangeType, flags: .response, messageID: header.messageID, version: 0x20)
        let message = Message(header: answer, payloads: [.notify(NotifyPayload(.invalidMajorVersion))])
        if let datagram = try? message.encode() { turn.effects.append(.send(datagram, path)) }
    }

    /// The SA whose SPIs these are, from the side that sends.
    private func owner(of header: MessageHeader) -> IKESAID? {
        let fromInitiator = header.flags.contains(.initiator)
        let own = fromInitiator ? header.responderCookie : header.initiatorCookie
        let other = fromInitiator ? header.initiatorCookie : header.responderCookie
        guard own != 0, let id = bySPI[own], let place = associations.reading(id) else { return nil }
        let (role, spis) = (place.association.role, place.association.spis)
        if role == .initiator {
            guard !fromInitiator else { return nil }
            // Before the peer has chosen one, an answer may come with any, or with none to refuse.
            return spis.responder == 0 || spis.responder == other ? id : nil
        }
        return fromInitiator && spis.initiator == other ? id : nil
    }

    /// A first message: one that came before, or one to be answered with an SA of its own.
    private mutating func receiveFirst(_ datagram: [UInt8], _ header: MessageHeader, _ path: Path) {
        guard bySPI[header.initiatorCookie] == nil else {
            drop("our own message sent back to us", .debug, datagram, path)
            return
        }
        let first = FirstMessage(spi: header.initiatorCookie, remote: path.remote)
        if let id = larval[first] {
            update(id) { $0.receive(datagram, header, from: path, &$1) }
            return
        }
        do {
            let message = try Message(decoding: datagram)
            if let unknown = message.unknownCriticalPayload {
                tell(NotifyPayload(.unsupportedCriticalPayload, data: [unknown.rawValue]), header, path)
                note(datagram, path, "its payload of type \(unknown) is critical, and nothing here knows it")
                return
            }
            guard isWelcome(message, datagram, path) else { return }
            respond(message, datagram, first, path)
        } catch {
            drop("a first message: \(error)", .debug, datagram, path)
        }
    }

    /// Whether a first message is worth an SA: where many are half open, only one that brings its cookie back.
    ///
    /// Those of one address count for themselves: whoever claims to be a peer must not use up what is kept for it.
    private mutating func isWelcome(_ message: Message, _ datagram: [UInt8], _ path: Path) -> Bool {
        let limits = policy.limits
        let ofAddress = larvalByAddress[path.remote.address] ?? 0
        let isCrowded = larval.count >= limits.halfOpen / 4 || ofAddress >= limits.halfOpenPerAddress / 2
        guard !isCrowded || bringsCookie(message, datagram, path) else { return false }
        guard ofAddress < limits.halfOpenPerAddress else {
            drop(
                "a first message: too many negotiations with its address are half open", .warning, datagram,
                path)
            return false
        }
        guard larval.count < limits.halfOpen else {
            drop("a first message: too many negotiations are half open", .warning, datagram, path)
            return false
        }
        return true
    }

    /// Whether a first message proves that its sender is where it says; if not, the sender is told how to.
    private mutating func bringsCookie(_ message: Message, _ datagram: [UInt8], _ path: Path) -> Bool {
        guard let nonce = try? message.nonce() else {
            drop("a first message without a nonce", .debug, datagram, path)
            return false
        }
        let spi = message.header.initiatorCookie
        if let cookie = message.notification(.cookie)?.data,
            challenge.accepts(cookie, nonce: nonce, spi: spi, remote: path.remote, now: turn.now)
        {
            return true
        }
        let cookie = challenge.cookie(
            nonce: nonce, spi: spi, remote: path.remote, now: turn.now, random: &turn.random)
        tell(NotifyPayload(.cookie, data: cookie), message.header, path)
        note(datagram, path, "asked for its cookie, as many negotiations are half open")
        return false
    }

    private mutating func respond(
        _ message: Message, _ datagram: [UInt8], _ first: FirstMessage, _ path: Path
    ) {
        let candidates = policy.blocksForResponding(to: path.remote, mode: .ikev2)
        guard !candidates.isEmpty else {
            tell(NotifyPayload(.noProposalChosen), message.header, path)
            let failure = NegotiationFailure.localPolicyForbids(
                .unknownPeer(path.remote.address, exchange: "ikev2"))
            note(datagram, path, failure.sentence)
            turn.reportRefusal(failure, on: path, counting: &dropped)
            return
        }
        let id = newID()
        do {
            let association = try IKESA.respond(
                id, to: message, datagram, from: path, candidates: candidates, &turn)
            larval[first] = id
            larvalByAddress[path.remote.address, default: 0] += 1
            bySPI[association.ownSPI] = id
            associations[id] = association
            settle(id)
        } catch {
            tell(error.answer, message.header, path)
            guard error.answer.type != .invalidKEPayload else {
                note(
                    datagram, path,
                    "asked to come back with a key exchange of another group, which is taken here")
                return
            }
            note(datagram, path, error.failure.sentence, details: error.failure.details)
            turn.reportRefusal(error.failure, on: path, counting: &dropped)
        }
    }

    /// Answers a first message in clear, and keeps nothing of it.
    private mutating func tell(_ notify: NotifyPayload, _ header: MessageHeader, _ path: Path) {
        let header = MessageHeader(
            initiatorCookie: header.initiatorCookie, responderCookie: 0, exchangeType: .ikeSAInit,
            flags: .response, messageID: 0, version: 0x20)
        if let answer = try? Message(header: header, payloads: [.notify(notify)]).encode() {
            turn.effects.append(.send(answer, path))
        }
    }

    private mutating func drop(_ what: String, _ level: ReportLevel, _ datagram: [UInt8], _ path: Path) {
        note(datagram, path, what)
        turn.reportDrop("dropped \(what)", level, ReportSubject(path: path), counting: &dropped)
    }

    private mutating func note(
        _ datagram: [UInt8], _ path: Path, _ sentence: @autoclosure () -> String,
        details: @autoclosure () -> [String] = []
    ) {
        turn.noteRefusal(of: datagram, on: path, sentence(), details: details()) { Message.words($0) }
    }
}
