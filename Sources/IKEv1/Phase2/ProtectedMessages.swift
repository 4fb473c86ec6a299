import Algorithms
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// What arrives and leaves under the protection of an established ISAKMP SA.
extension ISAKMPSA {
    mutating func receiveProtected(
        _ datagram: [UInt8], _ header: MessageHeader, _ path: Path, _ turn: inout Turn
    ) {
        guard header.flags.contains(.encryption), header.messageID != 0 else {
            if header.exchangeType == .informational {
                receiveUnprotected(datagram, header, &turn)
            } else {
                drop("a clear \(header.exchangeType) message", &turn)
            }
            return
        }
        do {
            if header.exchangeType == .quickMode {
                try receiveQuickMode(datagram, header.messageID, path, &turn)
            } else if header.exchangeType == .informational {
                try receiveInformational(datagram, header.messageID, path, &turn)
            } else {
                drop("a \(header.exchangeType) message, which is not supported", &turn)
            }
        } catch {
            drop(error.sentence, &turn)
        }
    }

    private func hasUsed(_ messageID: UInt32) -> Bool {
        established?.messageIDs.contains(messageID) ?? false
    }

    /// Decrypts the first message of an exchange of the peer's and checks HASH(1); its message ID is used up.
    mutating func openFirst(
        _ datagram: [UInt8], _ messageID: UInt32, _ path: Path, _ turn: inout Turn
    ) throws(NegotiationFailure) -> MessageCipher.Opened {
        guard let terms else { throw .peerViolatedProtocol("phase 1 is not done") }
        guard !hasUsed(messageID) else {
            throw .peerViolatedProtocol("message ID \(messageID) was used before")
        }
        let opened = try Self.open(datagram, terms.cipher, iv: terms.ivs.phase2(messageID: messageID))
        let following = try Self.following(opened.message)
        let expected = Phase2Hash.first(terms.keys, messageID: messageID, following: following)
        try Self.check(opened.message, against: expected)
        guard established?.messageIDs.use(messageID) == true else {
            throw .localPolicyForbids(.limit("too many exchanges under one ISAKMP SA"))
        }
        trace(.received, opened.message, &turn)
        heardFrom(path, &turn)
        return opened
    }

    static func open(
        _ datagram: [UInt8], _ cipher: MessageCipher, iv: [UInt8]
    ) throws(NegotiationFailure) -> MessageCipher.Opened {
        do {
            return try cipher.open(datagram, iv: iv)
        } catch {
            throw .peerMalformed("\(error)")
        }
    }

    static func following(_ message: Message) throws(NegotiationFailure) -> [UInt8] {
        guard let octets = try? message.octetsAfterHash() else {
            throw .peerViolatedProtocol("the hash payload is not the first")
        }
        return octets
    }

    static func check(_ message: Message, against expected: [UInt8]) throws(NegotiationFailure) {
        guard case .hash(let hash)? = message.payloads.first, constantTimeEqual(hash, expected) else {
            throw .authenticationFailed(.wrongKey)
        }
    }

    /// An authentic, fresh message came: the peer lives, and it is where the message came from.
    mutating func heardFrom(_ path: Path, _ turn: inout Turn) {
        established?.heard(now: turn.now)
        // Whoever speaks under the SA has our last message of phase 1.
        sending = nil
        guard path != self.path, terms?.nat.isDetected == true else { return }
        let old = self.path
        self.path = path
        turn.outcomes.append(.moved(from: old))
    }

    /// Seals payloads behind HASH(1), under a message ID of our own.
    mutating func sealFirst(
        _ payloads: [Payload], _ type: ExchangeType, _ turn: inout Turn
    ) -> (messageID: UInt32, sealed: MessageCipher.Sealed)? {
        guard let terms, let following = try? Message.encode(payloads) else { return nil }
        var messageID: UInt32 = 0
        for _ in 0..<ProtocolLimits.spiDraws where messageID == 0 || hasUsed(messageID) {
            messageID = turn.random.uint32()
        }
        guard messageID != 0, established?.messageIDs.use(messageID) == true else { return nil }
        let hash = Phase2Hash.first(terms.keys, messageID: messageID, following: following)
        let message = Message(header: header(type, messageID: messageID), payloads: [.hash(hash)] + payloads)
        guard let sealed = try? terms.cipher.seal(message, iv: terms.ivs.phase2(messageID: messageID)) else {
            return nil
        }
        trace(.sent, sealed.clear, &turn)
        return (messageID, sealed)
    }
}
