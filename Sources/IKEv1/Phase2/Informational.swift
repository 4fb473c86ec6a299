import Credentials
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation
import Wire

/// One-message exchanges: deletes, notifications, and questions whether the peer lives (RFC 2409 section 5.7).
extension ISAKMPSA {
    mutating func receiveInformational(
        _ datagram: [UInt8], _ messageID: UInt32, _ path: Path, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        let opened = try openFirst(datagram, messageID, path, &turn)
        for payload in opened.message.payloads {
            if case .notification(let notification) = payload { receive(notification, &turn) }
            if case .delete(let delete) = payload { receive(delete, &turn) }
        }
    }

    /// Notes what somebody claims without proof; nothing is done about it.
    mutating func receiveUnprotected(_ datagram: [UInt8], _ header: MessageHeader, _ turn: inout Turn) {
        if header.flags.contains(.encryption) {
            if case .mainMode(.keyed) = state, !isKeyDoubted {
                isKeyDoubted = true
                hint = "it answered with something we cannot decrypt: the pre-shared keys probably differ"
                turn.report(
                    .warning, .progress, subject,
                    "the peer answers our identity with something we cannot decrypt: the pre-shared keys "
                        + "probably differ")
            }
            return
        }
        guard let message = try? Message(decoding: datagram), let first = message.notifications.first else {
            return
        }
        if hint == nil, case .mainMode = state {
            hint = "an unauthenticated message from its address says \(first.type)"
            turn.report(
                .warning, .progress, subject,
                "an unauthenticated message from the peer's address says \(first.type); waiting on")
        }
    }

    private mutating func receive(_ notification: NotificationPayload, _ turn: inout Turn) {
        switch notification.type {
        case .areYouThere: answer(question: notification, &turn)
        case .areYouThereAcknowledged:
            guard let number = Self.sequence(of: notification) else { return }
            _ = established?.detection.accepts(answer: number)
        case .initialContact: turn.outcomes.append(.initialContact)
        default: receiveOther(notification, &turn)
        }
    }

    private mutating func receiveOther(_ notification: NotificationPayload, _ turn: inout Turn) {
        guard notification.type.rawValue < 16384 else {
            turn.report(.debug, .progress, subject, "the peer notifies us of \(notification.type)")
            return
        }
        let failure = NegotiationFailure.peerDeclined(
            .notified("\(notification.type)", number: notification.type.rawValue))
        guard let exchange = refusedQuickMode(notification) else {
            turn.report(.warning, .progress, subject, failure.sentence)
            return
        }
        finish(exchange, failed: failure, &turn)
    }

    /// The quick mode that an error concerns: the one whose SPI it names, or the only one it can mean.
    private func refusedQuickMode(_ notification: NotificationPayload) -> UInt32? {
        guard let sa = established else { return nil }
        let waiting = sa.quickModes.compactMap { exchange -> (UInt32, SPI)? in
            switch exchange.state {
            case .sentOffer(let sent): (exchange.messageID, sent.spi)
            case .answered(let negotiated): (exchange.messageID, negotiated.child.inbound.id.spi)
            case .findingPolicy, .installingInbound, .settling, .installingOutbound, .over: nil
            }
        }
        let spi = SPI(octets: notification.spi)
        if let named = waiting.first(where: { $0.1 == spi }) { return named.0 }
        return waiting.count == 1 ? waiting.first?.0 : nil
    }

    private mutating func receive(_ delete: DeletePayload, _ turn: inout Turn) {
        if delete.protocolID == ProtocolID.isakmp {
            let own = cookies.initiator.octets + cookies.responder.octets
            guard delete.spis.contains(own) else { return }
            end(.peerDeclined(.deleted), &turn)
        } else if delete.protocolID == ProtocolID.esp {
            turn.outcomes.append(.childrenDeleted(delete.spis.compactMap { SPI(octets: $0) }))
        }
    }

    private mutating func answer(question: NotificationPayload, _ turn: inout Turn) {
        guard let number = Self.sequence(of: question) else { return }
        guard established?.detection.accepts(question: number) == true else { return }
        notify(detection(.areYouThereAcknowledged, number), &turn)
    }

    /// Asks whether the peer lives, or finds that it does not.
    mutating func probe(_ turn: inout Turn) {
        let rule = peer.deadPeerDetection
        guard let delay = rule.delay, let sa = established else { return }
        if sa.detection.unanswered == 0, sa.detection.heard + delay > turn.now {
            deadlines[.probe] = sa.detection.heard + delay
            return
        }
        guard sa.detection.unanswered < rule.maximumFailures else {
            let failure = NegotiationFailure.peerDeclined(.dead(tries: sa.detection.unanswered))
            turn.outcomes.append(.peerDead(sa.terms.remoteIdentity, failure))
            end(failure, &turn)
            return
        }
        established?.detection.unanswered += 1
        established?.detection.sequence &+= 1
        notify(detection(.areYouThere, sa.detection.sequence &+ 1), &turn)
        deadlines[.probe] = turn.now + max(rule.retry, .milliseconds(100))
    }

    private func detection(_ type: NotificationType, _ number: UInt32) -> NotificationPayload {
        NotificationPayload(
            type, protocolID: ProtocolID.isakmp, spi: cookies.initiator.octets + cookies.responder.octets,
            data: number.octets)
    }

    private static func sequence(of notification: NotificationPayload) -> UInt32? {
        guard notification.data.count == 4 else { return nil }
        return notification.data.reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func notify(_ notification: NotificationPayload, _ turn: inout Turn) {
        guard let (_, sealed) = sealFirst([.notification(notification)], .informational, &turn) else {
            return
        }
        turn.effects.append(.send(sealed.datagram, path))
    }

    /// Tells the peer that inbound SAs of ours are gone.
    mutating func delete(_ spis: [SPI], _ turn: inout Turn) {
        guard !spis.isEmpty else { return }
        let payload = DeletePayload(protocolID: ProtocolID.esp, spis: spis.map(\.octets))
        guard let (_, sealed) = sealFirst([.delete(payload)], .informational, &turn) else { return }
        turn.effects.append(.send(sealed.datagram, path))
    }

    /// Tells the peer that this ISAKMP SA is over.
    mutating func deleteSelf(_ turn: inout Turn) {
        let own = cookies.initiator.octets + cookies.responder.octets
        let payload = DeletePayload(protocolID: ProtocolID.isakmp, spis: [own])
        guard let (_, sealed) = sealFirst([.delete(payload)], .informational, &turn) else { return }
        turn.effects.append(.send(sealed.datagram, path))
    }

    /// Tells the peer of a phase 1 failure: encrypted once there are keys, also where they are not the peer's.
    mutating func tell(_ failure: NegotiationFailure, _ turn: inout Turn) {
        guard case .mainMode(.keyed(let keyed)) = state else { return }
        guard let type = failure.protectedNotification else { return }
        let payload = Payload.notification(NotificationPayload(type, protocolID: ProtocolID.isakmp))
        guard let following = try? Message.encode([payload]) else { return }
        let messageID = turn.random.uint32()
        let hash = Phase2Hash.first(keyed.keys, messageID: messageID, following: following)
        let message = Message(
            header: header(.informational, messageID: messageID), payloads: [.hash(hash), payload])
        guard let sealed = try? keyed.cipher.seal(message, iv: keyed.ivs.phase2(messageID: messageID)) else {
            return
        }
        trace(.sent, sealed.clear, &turn)
        turn.effects.append(.send(sealed.datagram, path))
    }
}
