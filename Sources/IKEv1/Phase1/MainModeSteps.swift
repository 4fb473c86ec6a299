import Algorithms
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// What both sides of main mode do alike.
extension ISAKMPSA {
    /// Gives a phase 1 message to the state that awaits it; others are dropped.
    ///
    /// - Returns: whether it was taken.
    mutating func receive(
        _ datagram: [UInt8], _ header: MessageHeader, _ path: Path, in exchange: MainMode, _ turn: inout Turn
    ) -> Bool {
        if header.exchangeType == .informational {
            receiveUnprotected(datagram, header, &turn)
            return false
        }
        guard header.exchangeType == .identityProtection, header.messageID == 0 else {
            drop("a \(header.exchangeType) message before phase 1 is done", &turn)
            return false
        }
        if !header.flags.contains(.encryption) { trace(.received, datagram, &turn) }
        do {
            let before = path
            switch exchange {
            case .sentProposal(let sent): try receiveChoice(try Self.clear(datagram), sent, &turn)
            case .sentKeyExchange(let sent): try receiveKeyExchange(try Self.clear(datagram), sent, &turn)
            case .answeredProposal(let agreed):
                try receiveKeyExchange(try Self.clear(datagram), agreed, &turn)
            case .keying, .signing, .verifying: return false
            case .keyed(let keyed):
                guard header.flags.contains(.encryption) else {
                    drop("a clear message where an encrypted one is awaited", &turn)
                    return false
                }
                try receiveIdentity(datagram, keyed, from: before, &turn)
            }
            return true
        } catch {
            fail(error, &turn)
            return false
        }
    }

    /// Bytes that anybody can have sent end nothing; what only the peer can mean does.
    private mutating func fail(_ failure: NegotiationFailure, _ turn: inout Turn) {
        switch failure {
        case .peerMalformed, .peerViolatedProtocol:
            hint = failure.sentence
            drop(failure.sentence, &turn)
        case .authenticationFailed, .noCommonChoice, .localPolicyForbids, .localResource, .peerDeclined,
            .cancelled:
            tell(failure, &turn)
            end(failure, &turn)
        }
    }

    /// One step of an exchange, in the RFC's arrows, for whoever asks for details.
    func step(_ sentence: String, _ turn: inout Turn) {
        turn.report(.debug, .progress, subject, sentence)
    }

    /// Keeps a message for whoever asks afterwards what was said.
    func trace(_ direction: MessageTrace.Direction, _ message: Message, _ turn: inout Turn) {
        trace(direction, message.inClear, &turn)
    }

    /// The same for a message in clear as it is on the wire.
    func trace(_ direction: MessageTrace.Direction, _ octets: [UInt8], _ turn: inout Turn) {
        turn.effects.append(.trace(MessageTrace(direction, octets, subject) { Message.words($0) }))
    }

    /// Says what was dropped, but not for each datagram that somebody cares to send.
    mutating func drop(_ what: String, _ turn: inout Turn) {
        turn.reportDrop("dropped: \(what)", .debug, subject, counting: &dropped)
    }

    static func clear(_ datagram: [UInt8]) throws(NegotiationFailure) -> Message {
        do {
            return try Message(decoding: datagram)
        } catch {
            throw .peerMalformed("\(error)")
        }
    }

    /// A clear phase 1 message of ours.
    func encode(_ payloads: [Payload]) -> [UInt8]? {
        try? Message(header: header(.identityProtection), payloads: payloads).encode()
    }

    func header(_ type: ExchangeType, messageID: UInt32 = 0) -> MessageHeader {
        MessageHeader(
            initiatorCookie: cookies.initiator, responderCookie: cookies.responder, exchangeType: type,
            messageID: messageID)
    }

    var nonceSize: Int {
        min(max(peer.nonceSize, ProtocolLimits.nonceSizes.lowerBound), ProtocolLimits.nonceSizes.upperBound)
    }

    /// What we understand; as responder only what the peer understands too.
    func vendorIDs(answering peer: PeerCapabilities?) -> [Payload] {
        var ids: [VendorID] = []
        if self.peer.natTraversal != .off {
            switch peer?.natTraversal {
            case .rfc3947: ids.append(.natTraversal)
            case .draft: ids += [.natTraversalDraft02Newline, .natTraversalDraft03]
            case nil where role == .initiator:
                ids += [.natTraversal, .natTraversalDraft02Newline, .natTraversalDraft03]
            case nil: break
            }
        }
        if self.peer.deadPeerDetection.isAnnounced { ids.append(.deadPeerDetection) }
        return ids.map(Payload.vendorID)
    }

    func usesNATDetection(_ agreed: MainMode.Agreed) -> Payload.NATForm? {
        peer.natTraversal == .off ? nil : agreed.capabilities.natTraversal
    }

    /// NAT-D payloads: the peer's endpoint, then ours (RFC 3947 section 3.2).
    func natDetection(_ agreed: MainMode.Agreed, _ turn: inout Turn) -> [Payload] {
        guard let form = usesNATDetection(agreed) else { return [] }
        let hash = agreed.proposal.hash
        // Where encapsulation is forced, the hash of our endpoint can match nothing.
        let own =
            peer.natTraversal == .force
            ? turn.random.bytes(count: hash.digestSize) : natHash(hash, path.local)
        return [.natDetection(natHash(hash, path.remote), form), .natDetection(own, form)]
    }

    func detectNAT(_ received: KeyExchangeMessage, _ agreed: MainMode.Agreed) -> NATDetection {
        guard usesNATDetection(agreed) != nil, let destination = received.natDetection.first,
            received.natDetection.count >= 2
        else { return .none }
        let hash = agreed.proposal.hash
        var nat = NATDetection(
            destination: destination, sources: Array(received.natDetection.dropFirst()),
            local: natHash(hash, path.local), remote: natHash(hash, path.remote))
        // The peer sees a NAT before us if we force it; so do we.
        if peer.natTraversal == .force { nat.isLocalBehindNAT = true }
        return nat
    }

    private func natHash(_ hash: HashFunction, _ endpoint: Endpoint) -> [UInt8] {
        NATDetection.hash(
            hash, initiatorSPI: cookies.initiator, responderSPI: cookies.responder, endpoint: endpoint)
    }

    /// Asks for a certificate of any authority, where the peer is to sign (RFC 2408 section 3.10).
    func certificateRequest(_ agreed: MainMode.Agreed) -> [Payload] {
        guard agreed.proposal.authentication == .rsaSignature, !peer.requestedAuthorities.isEmpty else {
            return []
        }
        return [.certificateRequest(CertificatePayload(encoding: CertificatePayload.x509, content: []))]
    }

    /// Asks for SKEYID, which in main mode hangs on the peer's address alone.
    func requestKey(_ prf: PseudorandomFunction, _ nonces: [UInt8], _ turn: inout Turn) -> EffectToken {
        let token = turn.token(for: id)
        turn.effects.append(
            .keyWithSharedSecret(
                token, SharedSecretRequest(prf: prf, data: nonces, remoteAddress: path.remote.address)))
        return token
    }
}
