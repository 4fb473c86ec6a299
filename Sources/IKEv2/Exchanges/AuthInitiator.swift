import Credentials
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// The initiator's side of IKE_AUTH.
extension IKESA {
    /// Sends IKE_AUTH once the answer for the shared secret is there.
    ///
    /// The key is here:  HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr}  -->
    mutating func makeAuth(
        _ authenticating: Authenticating, _ identification: IdentificationPayload,
        _ answer: Result<SecretKey, SharedSecretFailure>, _ turn: inout Turn
    ) {
        let key: SecretKey
        switch answer {
        case .success(let found): key = found
        case .failure(let failure):
            end(.authenticationFailed(.noSharedSecret(failure)), &turn)
            return
        }
        let opening = authenticating.opening
        let keys = authenticating.secured.keys
        let proof = Self.proof(
            keys, key, message: opening.request, nonce: opening.nonces.responder, identityKey: keys.skPi,
            identification)
        var payloads: [Payload] = [.identification(identification, .initiator)]
        if let wanted = peer.remoteIdentities.first, peer.remoteIdentities.count == 1 {
            payloads.append(.identification(IdentificationPayload(wanted), .responder))
        }
        payloads.append(.authentication(AuthenticationPayload(.sharedKey, proof)))
        if isFirstContact, peer.sendsInitialContact {
            payloads.append(.notify(NotifyPayload(.initialContact)))
        }
        let draft = takeFirstDraft(&turn)
        if let draft { payloads += offer(draft) }
        var next = authenticating
        next.step = .sentAuth(key: key)
        state = .authenticating(next)
        request(.authenticate(draft), .ikeAuth, payloads, &turn)
        step("--> IDi (\(identification.identity)), AUTH" + (draft == nil ? "" : ", SAi2, TSi, TSr"), &turn)
    }

    /// The first wish, which IKE_AUTH sees to; those that the configuration has no child policy for fail.
    private mutating func takeFirstDraft(_ turn: inout Turn) -> ChildDraft? {
        while case .createChild(let request)? = tasks.first {
            tasks.removeFirst()
            do {
                return try draft(request, replacing: nil, isFirst: true, &turn)
            } catch {
                turn.outcomes.append(.childFailed(request, error))
            }
        }
        return nil
    }

    /// AUTH of a side with a pre-shared key (RFC 7296 section 2.15).
    static func proof(
        _ keys: IKESAKeys, _ key: SecretKey, message: [UInt8], nonce: [UInt8], identityKey: SecretKey,
        _ identification: IdentificationPayload
    ) -> [UInt8] {
        let octets = SignedOctets.make(
            keys.prf, message: message, nonce: nonce, key: identityKey, identification: identification.body)
        return SignedOctets.authentication(keys.prf, keyedPad: key, octets)
    }

    /// Takes the answer to IKE_AUTH.
    ///
    ///  <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
    mutating func receiveAuthAnswer(_ message: Message, _ draft: ChildDraft?, _ turn: inout Turn) {
        guard case .authenticating(let authenticating) = state,
            case .sentAuth(let key) = authenticating.step
        else { return }
        do {
            let identity = try checkAnswer(message, authenticating, key)
            step("<-- IDr (\(identity)), AUTH", &turn)
            let local = peer.localIdentity ?? .address(path.local.address)
            establish(authenticating.secured, local: local, remote: identity, &turn)
        } catch {
            failWishes(of: draft, error, &turn)
            end(error, &turn)
            return
        }
        updateEstablished { $0.openingNonces = authenticating.opening.nonces }
        if let draft { receiveChildAnswer(message, draft, &turn) }
        updateEstablished { $0.openingNonces = nil }
        work(&turn)
    }

    private func checkAnswer(
        _ message: Message, _ authenticating: Authenticating, _ key: SecretKey
    ) throws(NegotiationFailure) -> Identity {
        let hasProof = message.payloads.contains { payload in
            if case .authentication = payload { true } else { false }
        }
        if !hasProof, let refusal = message.notifications.first(where: \.type.isError) {
            throw .peerDeclined(.notified(refusal.type.description, number: refusal.type.rawValue))
        }
        let identification = try message.identification(.responder)
        let opening = authenticating.opening
        let keys = authenticating.secured.keys
        try Self.check(
            try message.authentication(),
            against: Self.proof(
                keys, key, message: opening.answer, nonce: opening.nonces.initiator, identityKey: keys.skPr,
                identification))
        return try expected(identification.identity, of: peer)
    }

    static func check(
        _ payload: AuthenticationPayload, against proof: [UInt8]
    ) throws(NegotiationFailure) {
        guard payload.method == .sharedKey else {
            throw .authenticationFailed(
                .unexpectedMethod(payload.method.description, expected: "pre-shared key"))
        }
        guard constantTimeEqual(payload.content, proof) else { throw .authenticationFailed(.wrongKey) }
    }

    /// Whether a block lets a proven identity in.
    func expected(_ identity: Identity, of peer: PeerPolicy) throws(NegotiationFailure) -> Identity {
        guard
            peer.remoteIdentities.isEmpty || !peer.verifiesIdentity
                || peer.remoteIdentities.contains(identity)
        else {
            throw .authenticationFailed(
                .unexpectedIdentity(identity, expected: peer.remoteIdentities, origin: peer.origin))
        }
        return identity
    }

    /// Both sides are who they say.
    mutating func establish(
        _ secured: Secured, local: Identity, remote: Identity, _ turn: inout Turn
    ) {
        state = .established(
            EstablishedSA(
                secured: secured, localIdentity: local, remoteIdentity: remote, since: turn.now,
                heard: turn.now))
        wasEstablished = true
        deadlines[.giveUp] = nil
        if let delay = peer.deadPeerDetection.delay { deadlines[.probe] = turn.now + delay }
        if secured.nat.isLocalBehindNAT, let interval = turn.policy.timers.natKeepalive {
            deadlines[.keepalive] = turn.now + interval
        }
        turn.outcomes.append(.established)
        turn.report(
            .notice, .ikeEstablished, subject,
            "IKE SA established with \(remote), \(secured.suite)")
    }

    private func failWishes(of draft: ChildDraft?, _ failure: NegotiationFailure, _ turn: inout Turn) {
        guard let draft else { return }
        turn.usedSPIs.remove(draft.spi)
        turn.outcomes.append(.childFailed(draft.request, failure))
    }
}
