import Algorithms
import Credentials
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation
import Wire

/// The encrypted end of main mode, in which both sides say who they are and prove it.
extension ISAKMPSA {
    /// Computes SKEYID, or has whoever holds the pre-shared key compute it.
    mutating func key(_ exchanged: MainMode.Exchanged, _ turn: inout Turn) throws(NegotiationFailure) {
        let prf = exchanged.agreed.proposal.prf
        switch exchanged.agreed.proposal.authentication {
        case .preSharedKey:
            let token = requestKey(prf, exchanged.initiatorNonce + exchanged.responderNonce, &turn)
            state = .mainMode(.keying(MainMode.Keying(token: token, exchanged: exchanged)))
        case .rsaSignature:
            let base = SKEYID.base(
                prf, sharedSecret: exchanged.sharedSecret, initiatorNonce: exchanged.initiatorNonce,
                responderNonce: exchanged.responderNonce)
            try start(try derive(exchanged, base, isPretence: false), &turn)
            reply(exchanged, &turn)
        }
    }

    /// The pre-shared key has been used, or there is none.
    mutating func keyed(
        _ exchanged: MainMode.Exchanged, _ answer: Result<SecretKey, SharedSecretFailure>,
        _ turn: inout Turn
    ) {
        do throws(NegotiationFailure) {
            switch answer {
            case .success(let base) where !isStranger:
                try start(try derive(exchanged, base, isPretence: false), &turn)
            case .failure(let failure) where role == .initiator:
                throw NegotiationFailure.authenticationFailed(.noSharedSecret(failure))
            case .failure(let failure) where !isStranger:
                turn.report(.negotiationFailed, subject, .authenticationFailed(.noSharedSecret(failure)))
                try pretend(exchanged, &turn)
            // The key was asked for all the same, so that a stranger's answer takes as long as anybody's.
            case .success, .failure: try pretend(exchanged, &turn)
            }
            reply(exchanged, &turn)
        } catch {
            end(error, &turn)
        }
    }

    /// Responder: lets our public value go, now that its answer can be read.
    private mutating func reply(_ exchanged: MainMode.Exchanged, _ turn: inout Turn) {
        guard let reply = exchanged.reply else { return }
        send(reply, awaitsAnswer: false, &turn)
        trace(.sent, reply, &turn)
        step("<-- KE, Nr", &turn)
    }

    /// From outside, a peer without an entry or without a block looks like one with a wrong key.
    private mutating func pretend(
        _ exchanged: MainMode.Exchanged, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        let base = SecretKey(turn.random.secret(count: exchanged.agreed.proposal.prf.outputSize))
        try start(try derive(exchanged, base, isPretence: true), &turn)
    }

    /// There are keys. The initiator goes on with  IDii and its proof -->
    private mutating func start(_ keyed: MainMode.Keyed, _ turn: inout Turn) throws(NegotiationFailure) {
        guard role == .initiator else {
            state = .mainMode(.keyed(keyed))
            return
        }
        if keyed.nat.isDetected {
            path.local.port = NATDetection.port
            path.remote.port = NATDetection.port
        }
        try prove(keyed, answering: nil, &turn)
    }

    private func derive(
        _ exchanged: MainMode.Exchanged, _ base: SecretKey, isPretence: Bool
    ) throws(NegotiationFailure) -> MainMode.Keyed {
        let proposal = exchanged.agreed.proposal
        let keys = SKEYID(
            prf: proposal.prf, base: base, sharedSecret: exchanged.sharedSecret,
            initiatorCookie: cookies.initiator, responderCookie: cookies.responder)
        let cipher: MessageCipher
        do {
            cipher = try MessageCipher(proposal.encryption, keys: keys)
        } catch {
            throw .localResource(.cryptography("\(proposal.encryption) cannot be used: \(error)"))
        }
        let ivs = InitializationVectorChain(
            hash: proposal.hash, blockSize: cipher.blockSize, initiatorPublicValue: exchanged.initiatorValue,
            responderPublicValue: exchanged.responderValue)
        let hash = Phase1Hash(
            initiatorPublicValue: exchanged.initiatorValue, responderPublicValue: exchanged.responderValue,
            initiatorCookie: cookies.initiator, responderCookie: cookies.responder,
            securityAssociationBody: exchanged.agreed.body)
        return MainMode.Keyed(
            agreed: exchanged.agreed, keys: keys, cipher: cipher, ivs: ivs, hash: hash, nat: exchanged.nat,
            isPretence: isPretence)
    }

    /// HASH_I or HASH_R.
    private func hash(
        of role: IKESAStatus.Role, _ keyed: MainMode.Keyed, _ identification: IdentificationPayload
    ) -> [UInt8] {
        switch role {
        case .initiator: keyed.hash.initiator(keyed.keys, identification: identification)
        case .responder: keyed.hash.responder(keyed.keys, identification: identification)
        }
    }

    /// Proves who we are: by the hash at once, or by a signature over it that has to be asked for.
    ///
    /// - Parameter claim: of the peer that we answer; nil where we are the first to say.
    private mutating func prove(
        _ keyed: MainMode.Keyed, answering claim: MainMode.Claim?, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        let identification = IdentificationPayload(localIdentity)
        let hash = hash(of: role, keyed, identification)
        switch keyed.agreed.proposal.authentication {
        case .preSharedKey: try sendIdentity(keyed, identification, [.hash(hash)], answering: claim, &turn)
        case .rsaSignature:
            let token = turn.token(for: id)
            turn.effects.append(
                .sign(token, SignatureRequest(peer: peer.name, content: .ikev1(hash))))
            state = .mainMode(
                .signing(
                    MainMode.Signing(
                        token: token, keyed: keyed, identification: identification, answering: claim)))
        }
    }

    /// Our signature is there, or cannot be made.
    mutating func signed(
        _ signing: MainMode.Signing, _ answer: Result<SignatureAnswer, CredentialFailure>,
        _ turn: inout Turn
    ) {
        do throws(NegotiationFailure) {
            switch answer {
            case .success(let made):
                let certificates = made.certificates.map { certificate in
                    Payload.certificate(
                        CertificatePayload(encoding: certificate.encoding, content: certificate.octets))
                }
                try sendIdentity(
                    signing.keyed, signing.identification,
                    certificates + [.signature(made.signature.data)], answering: signing.answering, &turn)
            case .failure(let failure): throw NegotiationFailure.authenticationFailed(.credential(failure))
            }
        } catch {
            tell(error, &turn)
            end(error, &turn)
        }
    }

    /// IDii or IDir with its proof, sealed; the responder is done then.
    private mutating func sendIdentity(
        _ keyed: MainMode.Keyed, _ identification: IdentificationPayload, _ proof: [Payload],
        answering claim: MainMode.Claim?, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        var payloads = [.identification(identification)] + proof
        if role == .initiator, isFirstContact, peer.sendsInitialContact {
            payloads.append(.notification(initialContact))
        }
        let message = Message(header: header(.identityProtection), payloads: payloads)
        guard let sealed = try? keyed.cipher.seal(message, iv: keyed.ivs.phase1) else {
            throw .localResource(.cryptography("the identity cannot be encrypted"))
        }
        let keyed = keyed.advanced(to: sealed.nextIV)
        trace(.sent, sealed.clear, &turn)
        guard let claim else {
            state = .mainMode(.keyed(keyed))
            send(sealed.datagram, awaitsAnswer: true, &turn)
            step("--> IDii and its proof, encrypted from here on", &turn)
            return
        }
        send(sealed.datagram, awaitsAnswer: false, &turn)
        establish(keyed, claim, &turn)
    }

    var localIdentity: Identity { peer.identity(at: path.local.address) }

    var initialContact: NotificationPayload {
        NotificationPayload(
            .initialContact, protocolID: ProtocolID.isakmp,
            spi: cookies.initiator.octets + cookies.responder.octets)
    }

    /// The peer's identity and its proof, which the responder answers with IDir and its own.
    mutating func receiveIdentity(
        _ datagram: [UInt8], _ keyed: MainMode.Keyed, from path: Path, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard let opened = try? keyed.cipher.open(datagram, iv: keyed.ivs.phase1) else {
            throw .authenticationFailed(.wrongKey)
        }
        trace(.received, opened.message, &turn)
        if role == .responder { heedEmptyRequest(opened.message) }
        let authentication = keyed.agreed.proposal.authentication
        let received = try IdentityMessage(opened.message, authentication)
        let expected = hash(of: role.other, keyed, received.identification)
        let keyed = keyed.advanced(to: opened.nextIV)
        let isFirstContact = received.notifications.contains { $0.type == .initialContact }
        func claim() throws(NegotiationFailure) -> MainMode.Claim {
            MainMode.Claim(
                identity: try Self.identity(received.identification), isFirstContact: isFirstContact,
                path: path)
        }
        switch authentication {
        case .preSharedKey:
            guard constantTimeEqual(expected, received.proof), !keyed.isPretence else {
                throw .authenticationFailed(.wrongKey)
            }
            try believe(try claim(), keyed, &turn)
        case .rsaSignature:
            let claim = try claim()
            let token = turn.token(for: id)
            turn.effects.append(
                .verify(
                    token,
                    VerificationRequest(
                        peer: fitting(claim.identity)?.wrappedValue.name ?? peer.name,
                        identity: claim.identity,
                        proof: .ikev1(signature: received.proof, hash: expected),
                        certificates: received.certificates)))
            state = .mainMode(
                .verifying(MainMode.Verifying(token: token, keyed: keyed, claim: claim)))
        }
    }

    /// The peer's signature has been judged.
    mutating func verified(
        _ verifying: MainMode.Verifying, _ verdict: Result<PeerCredential, CredentialFailure>,
        _ turn: inout Turn
    ) {
        do throws(NegotiationFailure) {
            switch verdict {
            case .success(let credential):
                var claim = verifying.claim
                claim.credential = credential
                try believe(claim, verifying.keyed, &turn)
            case .failure(let failure): throw NegotiationFailure.authenticationFailed(.credential(failure))
            }
        } catch {
            tell(error, &turn)
            end(error, &turn)
        }
    }

    /// The peer is who it says.
    private mutating func believe(
        _ claim: MainMode.Claim, _ keyed: MainMode.Keyed, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        try choosePeer(for: claim.identity, &turn)
        path = claim.path
        if role == .responder {
            try prove(keyed, answering: claim, &turn)
        } else {
            sending = nil
            establish(keyed, claim, &turn)
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
        guard let chosen = fitting(identity) else {
            throw .authenticationFailed(
                .unexpectedIdentity(identity, expected: peer.remoteIdentities, origin: peer.origin))
        }
        follow(chosen)
        if !peer.remoteIdentities.isEmpty, !peer.names(identity) {
            turn.report(
                .warning, .progress, subject,
                "the peer is \(identity), which peers_identifier does not name; accepted as verify_identifier is off"
            )
        }
    }

    /// Puts the blocks aside that are not for a peer which asks for certificates of no authority by name.
    mutating func heedEmptyRequest(_ message: Message) {
        let requests = message.payloads.compactMap { payload in
            if case .certificateRequest(let request) = payload { request } else { nil }
        }
        guard !requests.isEmpty, requests.allSatisfy(\.content.isEmpty) else { return }
        candidates = candidates.matchingEmptyRequest
        guard let first = candidates.first, !candidates.contains(where: { $0.wrappedValue.name == peer.name })
        else {
            return
        }
        follow(first)
    }

    /// The block that names an identity, or else one that takes any.
    private func fitting(_ identity: Identity) -> Boxed<PeerPolicy>? {
        candidates.first { $0.wrappedValue.names(identity) }
            ?? candidates.first {
                $0.wrappedValue.remoteIdentities.isEmpty || !$0.wrappedValue.verifiesIdentity
            }
    }

    private mutating func establish(
        _ keyed: MainMode.Keyed, _ claim: MainMode.Claim, _ turn: inout Turn
    ) {
        let proposal = keyed.agreed.proposal
        deadlines.clearAll()
        establish(
            EstablishedSA(
                EstablishedSA.Terms(keyed, claim, localIdentity: localIdentity, since: turn.now),
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
        let sentence = Sentence(
            """
            phase 1 established with \(claim.identity.description): \(proposal.encryption.description), \
            \(proposal.prf.description), \(proposal.group.description)\
            \(keyed.nat.isDetected ? ", ESP in UDP" : "")
            """)
        turn.report(established: subject, with: claim.identity, sentence.text)
        turn.outcomes.append(.established)
        if claim.isFirstContact { turn.outcomes.append(.initialContact) }
    }
}
