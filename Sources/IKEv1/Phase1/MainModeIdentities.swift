import Algorithms
import Credentials
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// The encrypted end of main mode, in which both sides say who they are and prove it.
extension ISAKMPSA {
    /// SKEYID is there. The initiator answers with  IDii, HASH_I -->
    mutating func keyed(
        _ keying: MainMode.Keying, _ answer: Result<SecretKey, SharedSecretFailure>, _ turn: inout Turn
    ) {
        do throws(NegotiationFailure) {
            switch answer {
            case .success(let base) where !isStranger:
                try start(try derive(keying, base, isPretence: false), &turn)
            case .failure(let failure) where role == .initiator:
                throw NegotiationFailure.authenticationFailed(.noSharedSecret(failure))
            case .failure(let failure) where !isStranger:
                turn.report(.negotiationFailed, subject, .authenticationFailed(.noSharedSecret(failure)))
                try pretend(keying, &turn)
            // The key was asked for all the same, so that a stranger's answer takes as long as anybody's.
            case .success, .failure: try pretend(keying, &turn)
            }
            guard let reply = keying.reply else { return }
            send(reply, awaitsAnswer: false, &turn)
            step("<-- KE, Nr", &turn)
        } catch {
            end(error, &turn)
        }
    }

    /// From outside, a peer without an entry or without a block looks like one with a wrong key.
    private mutating func pretend(_ keying: MainMode.Keying, _ turn: inout Turn) throws(NegotiationFailure) {
        let base = SecretKey(turn.random.secret(count: keying.agreed.proposal.prf.outputSize))
        try start(try derive(keying, base, isPretence: true), &turn)
    }

    private mutating func start(_ keyed: MainMode.Keyed, _ turn: inout Turn) throws(NegotiationFailure) {
        guard role == .initiator else {
            state = .mainMode(.keyed(keyed))
            return
        }
        var keyed = keyed
        if keyed.nat.isDetected {
            path.local.port = NATDetection.port
            path.remote.port = NATDetection.port
        }
        let datagram = try sealIdentity(&keyed, &turn)
        state = .mainMode(.keyed(keyed))
        send(datagram, awaitsAnswer: true, &turn)
        step("--> IDii, HASH_I, encrypted from here on", &turn)
    }

    private func derive(
        _ keying: MainMode.Keying, _ base: SecretKey, isPretence: Bool
    ) throws(NegotiationFailure) -> MainMode.Keyed {
        let proposal = keying.agreed.proposal
        let keys = SKEYID(
            prf: proposal.prf, base: base, sharedSecret: keying.sharedSecret,
            initiatorCookie: cookies.initiator,
            responderCookie: cookies.responder)
        let cipher: MessageCipher
        do {
            cipher = try MessageCipher(proposal.encryption, keys: keys)
        } catch {
            throw .localResource(.cryptography("\(proposal.encryption) cannot be used: \(error)"))
        }
        let ivs = InitializationVectorChain(
            hash: proposal.hash, blockSize: cipher.blockSize, initiatorPublicValue: keying.initiatorValue,
            responderPublicValue: keying.responderValue)
        let hash = Phase1Hash(
            initiatorPublicValue: keying.initiatorValue, responderPublicValue: keying.responderValue,
            initiatorCookie: cookies.initiator, responderCookie: cookies.responder,
            securityAssociationBody: keying.agreed.body)
        return MainMode.Keyed(
            agreed: keying.agreed, keys: keys, cipher: cipher, ivs: ivs, hash: hash, nat: keying.nat,
            isPretence: isPretence)
    }

    /// IDii, HASH_I or IDir, HASH_R, sealed.
    private func sealIdentity(
        _ keyed: inout MainMode.Keyed, _ turn: inout Turn
    ) throws(NegotiationFailure) -> [UInt8] {
        let identification = IdentificationPayload(localIdentity)
        let hash =
            role == .initiator
            ? keyed.hash.initiator(keyed.keys, identification: identification)
            : keyed.hash.responder(keyed.keys, identification: identification)
        var payloads: [Payload] = [.identification(identification), .hash(hash)]
        if role == .initiator, isFirstContact, peer.sendsInitialContact {
            payloads.append(.notification(initialContact))
        }
        let message = Message(header: header(.identityProtection), payloads: payloads)
        guard let sealed = try? keyed.cipher.seal(message, iv: keyed.ivs.phase1) else {
            throw .localResource(.cryptography("the identity cannot be encrypted"))
        }
        keyed.ivs.advancePhase1(to: sealed.nextIV)
        return sealed.datagram
    }

    var localIdentity: Identity { peer.localIdentity ?? .address(path.local.address) }

    var initialContact: NotificationPayload {
        NotificationPayload(
            .initialContact, protocolID: ProtocolID.isakmp,
            spi: cookies.initiator.octets + cookies.responder.octets)
    }

    /// The peer's identity and its proof, which the responder answers with IDir and HASH_R.
    mutating func receiveIdentity(
        _ datagram: [UInt8], _ keyed: MainMode.Keyed, from path: Path, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard let opened = try? keyed.cipher.open(datagram, iv: keyed.ivs.phase1) else {
            throw .authenticationFailed(.wrongKey)
        }
        let received = try IdentityMessage(opened.message)
        let expected =
            role == .initiator
            ? keyed.hash.responder(keyed.keys, identification: received.identification)
            : keyed.hash.initiator(keyed.keys, identification: received.identification)
        guard constantTimeEqual(expected, received.hash), !keyed.isPretence else {
            throw .authenticationFailed(.wrongKey)
        }
        let identity = try Self.identity(received.identification)
        try choosePeer(for: identity, &turn)
        var keyed = keyed
        keyed.ivs.advancePhase1(to: opened.nextIV)
        self.path = path
        if role == .responder {
            send(try sealIdentity(&keyed, &turn), awaitsAnswer: false, &turn)
        } else {
            sending = nil
        }
        establish(keyed, identity, &turn)
        if received.notifications.contains(where: { $0.type == .initialContact }) {
            turn.outcomes.append(.initialContact)
        }
    }

    private static func identity(_ payload: IdentificationPayload) throws(NegotiationFailure) -> Identity {
        do {
            return try payload.identity
        } catch {
            throw .peerMalformed("\(error)")
        }
    }

    /// Settles which block holds, now that the peer is known.
    private mutating func choosePeer(for identity: Identity, _ turn: inout Turn) throws(NegotiationFailure) {
        let naming = candidates.first { $0.names(identity) }
        let lenient = candidates.first { $0.remoteIdentities.isEmpty || !$0.verifiesIdentity }
        guard let chosen = naming ?? lenient else {
            throw .authenticationFailed(
                .unexpectedIdentity(identity, expected: peer.remoteIdentities, origin: peer.origin))
        }
        peer = chosen
        if !chosen.remoteIdentities.isEmpty, naming == nil {
            turn.report(
                .warning, .progress, subject,
                "the peer is \(identity), which peers_identifier does not name; accepted as verify_identifier is off"
            )
        }
    }

    private mutating func establish(_ keyed: MainMode.Keyed, _ identity: Identity, _ turn: inout Turn) {
        let proposal = keyed.agreed.proposal
        deadlines.clearAll()
        state = .established(
            EstablishedSA(
                proposal: proposal, keys: keyed.keys, cipher: keyed.cipher, ivs: keyed.ivs,
                capabilities: keyed.agreed.capabilities, nat: keyed.nat, localIdentity: localIdentity,
                remoteIdentity: identity, since: turn.now,
                detection: DeadPeerDetection(heard: turn.now, sequence: turn.random.uint32())))
        deadlines[.expire] = turn.now + proposal.lifetime
        let share = turn.share(of: proposal.lifetime, role == .initiator ? 800...880 : 900...950)
        deadlines[.renew] = turn.now + share
        if let delay = peer.deadPeerDetection.delay, keyed.agreed.capabilities.detectsDeadPeers {
            deadlines[.probe] = turn.now + delay
        }
        if keyed.nat.isLocalBehindNAT, let interval = turn.policy.timers.natKeepalive {
            deadlines[.keepalive] = turn.now + interval
        }
        turn.report(
            .notice, .ikeEstablished, subject,
            "phase 1 established with \(identity): \(proposal.encryption), \(proposal.prf), \(proposal.group)"
                + (keyed.nat.isDetected ? ", ESP in UDP" : ""))
        turn.outcomes.append(.established)
    }
}
