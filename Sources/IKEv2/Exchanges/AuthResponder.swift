import Credentials
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// The responder's side of IKE_AUTH.
extension IKESA {
    /// Takes the first request under protection, which says who the peer is.
    ///
    /// The first request under protection:  HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr}  -->
    mutating func receiveAuthRequest(_ message: Message, _ turn: inout Turn) {
        guard case .authenticating(let authenticating) = state, case .awaitingAuth = authenticating.step
        else {
            drop("an IKE_AUTH request that is not awaited", &turn)
            return
        }
        window.beginAnswer()
        do {
            let request = try AuthRequest(message)
            var next = authenticating
            let token = askKey(authenticating.secured.keys, of: request.identification.identity, &turn)
            next.step = .checkingAuth(token, request)
            state = .authenticating(next)
        } catch {
            respond(.ikeAuth, [.notify(NotifyPayload(.invalidSyntax))], &turn)
            end(error, &turn)
        }
    }

    /// The key is here, or there is none.
    mutating func checkAuth(
        _ authenticating: Authenticating, _ request: AuthRequest,
        _ answer: Result<SecretKey, SharedSecretFailure>, _ turn: inout Turn
    ) {
        do {
            try admit(authenticating, request, answer, &turn)
        } catch {
            // One notification whatever the cause.
            respond(.ikeAuth, [.notify(NotifyPayload(.authenticationFailed))], &turn)
            end(error, &turn)
        }
    }

    private mutating func admit(
        _ authenticating: Authenticating, _ request: AuthRequest,
        _ answer: Result<SecretKey, SharedSecretFailure>, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        let key: SecretKey
        do {
            key = try answer.get()
        } catch {
            throw .authenticationFailed(.noSharedSecret(error))
        }
        let opening = authenticating.opening
        let keys = authenticating.secured.keys
        try Self.check(
            request.authentication,
            against: Self.proof(
                keys, key, message: opening.request, nonce: opening.nonces.responder, identityKey: keys.skPi,
                request.identification))
        try choosePeer(for: request.identification.identity)
        let local = peer.localIdentity ?? .address(path.local.address)
        let identification = IdentificationPayload(local)
        let proof = Self.proof(
            keys, key, message: opening.answer, nonce: opening.nonces.initiator, identityKey: keys.skPr,
            identification)
        establish(
            authenticating.secured, local: local, remote: request.identification.identity, &turn)
        if request.message.notification(.initialContact) != nil { turn.outcomes.append(.initialContact) }
        let head: [Payload] = [
            .identification(identification, .responder),
            .authentication(AuthenticationPayload(.sharedKey, proof)),
        ]
        guard let child = request.child else {
            respond(.ikeAuth, head, &turn)
            return
        }
        consider(
            PendingOffer(
                exchange: .ikeAuth, head: head, nonces: opening.nonces, offer: child, keyExchange: nil,
                replaces: nil), &turn)
    }

    /// The block that expects this identity: one that names it before one that takes any.
    private mutating func choosePeer(for identity: Identity) throws(NegotiationFailure) {
        let named = candidates.first { $0.remoteIdentities.contains(identity) }
        if let chosen = named
            ?? candidates.first(where: { $0.remoteIdentities.isEmpty || !$0.verifiesIdentity })
        {
            peer = chosen
        }
        _ = try expected(identity, of: peer)
    }
}
