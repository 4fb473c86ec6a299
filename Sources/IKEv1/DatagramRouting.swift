import Cryptography
import IPsec
import ISAKMP
import Negotiation

/// Which ISAKMP SA a datagram is for.
extension IKEv1Endpoint {
    mutating func receive(_ datagram: [UInt8], _ path: Path) {
        let header: MessageHeader
        do {
            header = try Message.header(of: datagram)
        } catch {
            drop("a message that cannot be read: \(error)", .debug, datagram, path)
            return
        }
        guard header.initiatorCookie != 0 else {
            drop("a message without an initiator cookie", .debug, datagram, path)
            return
        }
        if let id = owner(of: header) {
            update(id) { $0.receive(datagram, header, from: path, &$1) }
        } else if header.responderCookie == 0 {
            receiveFirst(datagram, header, path)
        } else {
            drop("a \(header.exchangeType) message with unknown cookies", .debug, datagram, path)
        }
    }

    /// The SA whose cookies these are, from the side that sends.
    private func owner(of header: MessageHeader) -> ISAKMPSAID? {
        guard header.responderCookie != 0 else { return nil }
        if let id = byCookie[header.responderCookie], let place = associations.reading(id),
            place.association.role == .responder,
            place.association.cookies.initiator == header.initiatorCookie
        {
            return id
        }
        guard let id = byCookie[header.initiatorCookie], let place = associations.reading(id),
            place.association.role == .initiator
        else { return nil }
        let known = place.association.cookies.responder
        return known == 0 || known == header.responderCookie ? id : nil
    }

    /// A first message: one that came before, or one to be answered with an SA of its own.
    private mutating func receiveFirst(_ datagram: [UInt8], _ header: MessageHeader, _ path: Path) {
        guard byCookie[header.initiatorCookie] == nil else {
            drop("our own message sent back to us", .debug, datagram, path)
            return
        }
        let first = FirstMessage(cookie: header.initiatorCookie, remote: path.remote)
        if let id = larval[first] {
            update(id) { $0.receive(datagram, header, from: path, &$1) }
            return
        }
        guard header.exchangeType == .identityProtection, header.messageID == 0,
            !header.flags.contains(.encryption)
        else {
            drop("a \(header.exchangeType) message without an ISAKMP SA", .debug, datagram, path)
            return
        }
        guard larval.count < policy.limits.halfOpen,
            (larvalByAddress[path.remote.address] ?? 0) < policy.limits.halfOpenPerAddress
        else {
            drop("a first message: too many negotiations are half open", .warning, datagram, path)
            return
        }
        respond(datagram, first, path)
    }

    private mutating func respond(_ datagram: [UInt8], _ first: FirstMessage, _ path: Path) {
        let blocks = policy.blocksForResponding(to: path.remote, mode: .main)
        let isStranger = blocks.isEmpty
        if isStranger {
            let failure = NegotiationFailure.localPolicyForbids(
                .unknownPeer(path.remote.address, exchange: "main"))
            note(datagram, path, failure.sentence)
            turn.reportRefusal(failure, on: path, counting: &dropped)
            // Half of the room is for those who may come in.
            guard larval.count < policy.limits.halfOpen / 2 else { return }
        }
        let id = newID()
        do {
            let association = try ISAKMPSA.respond(id, to: datagram, from: path, among: blocks, &turn)
            larval[first] = id
            larvalByAddress[path.remote.address, default: 0] += 1
            byCookie[association.ownCookie] = id
            associations[id] = association
            settle(id)
        } catch {
            tell(error, first, path)
            guard !isStranger else { return }
            note(datagram, path, error.sentence, details: error.details)
            turn.reportRefusal(error, on: path, counting: &dropped)
        }
    }

    /// Tells the peer why its first message is refused, where it may know.
    private mutating func tell(_ failure: NegotiationFailure, _ first: FirstMessage, _ path: Path) {
        guard let type = failure.clearNotification else { return }
        let header = MessageHeader(
            initiatorCookie: first.cookie, responderCookie: turn.cookie(), exchangeType: .informational,
            messageID: turn.random.uint32())
        let payload = Payload.notification(NotificationPayload(type, protocolID: ProtocolID.isakmp))
        if let answer = try? Message(header: header, payloads: [payload]).encode() {
            turn.effects.append(.send(answer, path))
        }
    }

    /// Whether nothing exists with an address; asked only where we start, or where the peer is authenticated.
    func isFirstContact(_ address: IPAddress, besides own: ISAKMPSAID? = nil) -> Bool {
        !children.contains(address)
            && !index.associations(with: address).contains { id in
                id != own && associations.reading(id)?.association.wasEstablished == true
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
