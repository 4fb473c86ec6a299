import Credentials
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// The responder's side of IKE_AUTH.
extension IKESA {
    /// Takes the first request under protection, which says who the peer is.
    ///
    /// HDR, SK {IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, SAi2, TSi, TSr}  -->
    mutating func receiveAuthRequest(_ message: Message, _ turn: inout Turn) {
        guard case .authenticating(let authenticating) = state, case .awaitingAuth = authenticating.step
        else {
            drop("an IKE_AUTH request that is not awaited", &turn)
            return
        }
        window.beginAnswer()
        do throws(NegotiationFailure) {
            guard message.hasAuthentication else {
                throw .authenticationFailed(.unexpectedMethod("EAP", expected: expectedMethods))
            }
            let request = try AuthRequest(message)
            try requirePermitted(request)
            if message.asksOfNoAuthority { candidates = candidates.matchingEmptyRequest }
            choosePeer(for: request)
            var next = authenticating
            next.step = .checkingAuth(try askVerdict(authenticating, request.claim, &turn), request)
            state = .authenticating(next)
        } catch {
            refuseAuth(error, &turn)
        }
    }

    private var expectedMethods: String {
        let kinds = candidates.reduce(into: Set<AuthenticationKind>()) {
            $0.formUnion($1.wrappedValue.remoteAuthentication)
        }
        return kinds.map(\.rawValue).sorted().joined(separator: " or ")
    }

    /// Whether a child SA may be asked for here, or may be missing (RFC 6023 section 4).
    private func requirePermitted(_ request: AuthRequest) throws(NegotiationFailure) {
        if request.child == nil, peer.childless == .never {
            throw .peerViolatedProtocol(
                "it asks for no child SA, which childless (\(peer.origin)) does not allow")
        }
        if request.child != nil, peer.childless == .force {
            throw .peerViolatedProtocol(
                "it asks for a child SA in IKE_AUTH, where childless (\(peer.origin)) wants none; "
                    + "have the peer ask for none, or write allow")
        }
    }

    /// What it takes to check the initiator's AUTH is here, or is missing.
    mutating func checkAuth(
        _ authenticating: Authenticating, _ request: AuthRequest, _ verdict: ProofAnswer, _ turn: inout Turn
    ) {
        do throws(NegotiationFailure) {
            try check(authenticating, request.claim, against: verdict)
            try requireExpected(request.claim.identity)
            let identification = IdentificationPayload(localIdentity)
            if peer.localAuthentication == .preSharedKey, case .key = verdict {
                try answerAuth(authenticating, request, identification, verdict, &turn)
                return
            }
            var next = authenticating
            let token = askProof(
                authenticating, as: identification, to: request.claim.identity,
                wish: request.message.certificateWish, &turn)
            next.step = .makingAnswer(token, request, identification)
            state = .authenticating(next)
        } catch {
            refuseAuth(error, &turn)
        }
    }

    /// What our AUTH is made of is here, or is missing.
    mutating func makeAnswer(
        _ authenticating: Authenticating, _ request: AuthRequest, _ identification: IdentificationPayload,
        _ answer: ProofAnswer, _ turn: inout Turn
    ) {
        do throws(NegotiationFailure) {
            try answerAuth(authenticating, request, identification, answer, &turn)
        } catch {
            refuseAuth(error, &turn)
        }
    }

    /// Both sides have proven who they are; the child is seen to next.
    private mutating func answerAuth(
        _ authenticating: Authenticating, _ request: AuthRequest, _ identification: IdentificationPayload,
        _ answer: ProofAnswer, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        let own = try proof(authenticating, as: identification, from: answer)
        establish(
            authenticating.secured, local: identification.identity, remote: request.claim.identity, &turn)
        if request.message.notification(.initialContact) != nil { turn.outcomes.append(.initialContact) }
        noteWindow(request.message)
        let pending = PendingLease(
            head: [.identification(identification, .responder)] + own.payloads, child: request.child,
            nonces: authenticating.opening.nonces)
        if let wanted = leaseRequest(request.message, turn.policy) {
            let token = turn.token(for: id)
            updateEstablished { $0.answering = .leasing(token, pending) }
            turn.effects.append(.lease(token, wanted))
        } else {
            finishAuth(pending, configuration: [], &turn)
        }
    }

    /// Sees to the child, all else is said.
    mutating func finishAuth(_ pending: PendingLease, configuration: [Payload], _ turn: inout Turn) {
        let head = pending.head + configuration
        guard let child = pending.child else {
            respond(.ikeAuth, head, &turn)
            return
        }
        consider(
            PendingOffer(
                exchange: .ikeAuth, head: head, nonces: pending.nonces, offer: child, keyExchange: nil,
                replaces: nil), &turn)
    }

    /// One notification whatever the cause, unless it is the message's form.
    private mutating func refuseAuth(_ failure: NegotiationFailure, _ turn: inout Turn) {
        let isMalformed =
            switch failure {
            case .peerMalformed, .peerViolatedProtocol: true
            case .noCommonChoice, .authenticationFailed, .localPolicyForbids, .localResource, .peerDeclined,
                .cancelled:
                false
            }
        let answer = NotifyPayload(isMalformed ? .invalidSyntax : .authenticationFailed)
        respond(.ikeAuth, [.notify(answer)], &turn)
        end(failure, &turn)
    }

    /// The block that expects this identity, proven in this way: one that names it before one that takes any, and those
    /// with the identity that the initiator wants of us before all others.
    private mutating func choosePeer(for request: AuthRequest) {
        guard let kind = request.claim.kind else { return }
        let fitting = candidates.filter { $0.wrappedValue.remoteAuthentication.contains(kind) }
        let address = path.local.address
        let wanted = fitting.filter { $0.wrappedValue.identity(at: address) == request.wanted?.identity }
        let identity = request.claim.identity
        if let chosen = wanted.first(expecting: identity) ?? fitting.first(expecting: identity) {
            block = chosen
        }
    }
}

extension [Boxed<PeerPolicy>] {
    /// The first that names an identity; where none does, the first that takes any.
    fileprivate func first(expecting identity: Identity) -> Boxed<PeerPolicy>? {
        first { $0.wrappedValue.names(identity) }
            ?? first { $0.wrappedValue.remoteIdentities.isEmpty || !$0.wrappedValue.verifiesIdentity }
    }
}
