import Credentials
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// The initiator's side of IKE_AUTH.
extension IKESA {
    /// Sends IKE_AUTH once what our proof is made of is there.
    ///
    /// HDR, SK {IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, SAi2, TSi, TSr}  -->
    mutating func makeAuth(
        _ authenticating: Authenticating, _ identification: IdentificationPayload, _ answer: ProofAnswer,
        _ turn: inout Turn
    ) {
        let own: (payloads: [Payload], key: SecretKey?)
        do throws(NegotiationFailure) {
            own = try proof(authenticating, as: identification, from: answer)
        } catch {
            end(error, &turn)
            return
        }
        var payloads: [Payload] = [.identification(identification, .initiator)]
        payloads += certificateRequest
        if let wanted = peer.onlyRemoteIdentity {
            payloads.append(.identification(IdentificationPayload(wanted), .responder))
        }
        payloads += own.payloads
        if isFirstContact, peer.sendsInitialContact {
            payloads.append(.notify(NotifyPayload(.initialContact)))
        }
        payloads += configurationRequest(turn.policy)
        let draft = isChildless(authenticating.secured) ? nil : takeFirstDraft(&turn)
        if let draft { payloads += offer(draft) }
        var next = authenticating
        next.step = .sentAuth(key: own.key)
        state = .authenticating(next)
        request(.authenticate(draft), .ikeAuth, payloads, &turn)
        step("--> IDi (\(identification.identity)), AUTH" + (draft == nil ? "" : ", SAi2, TSi, TSr"), &turn)
    }

    /// Whether the first child SA is left to CREATE_CHILD_SA, too (RFC 6023).
    private func isChildless(_ secured: Secured) -> Bool {
        switch peer.childless {
        case .never, .allow: false
        case .prefer: secured.capabilities.isChildlessAllowed
        case .force: true
        }
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

    /// Takes the answer to IKE_AUTH.
    ///
    ///  <--  HDR, SK {IDr, [CERT,] AUTH, SAr2, TSi, TSr}
    mutating func receiveAuthAnswer(_ message: Message, _ draft: ChildDraft?, _ turn: inout Turn) {
        guard case .authenticating(let authenticating) = state,
            case .sentAuth(let key) = authenticating.step
        else { return }
        do throws(NegotiationFailure) {
            let answer = try AuthAnswer(message, draft, to: ownClaim)
            if let key, answer.claim.kind == .preSharedKey, peer.remoteAuthentication.contains(.preSharedKey)
            {
                try check(authenticating, answer.claim, key)
                try accept(answer, authenticating, &turn)
                return
            }
            var next = authenticating
            next.step = .checkingAnswer(try askVerdict(authenticating, answer.claim, &turn), answer)
            state = .authenticating(next)
        } catch {
            reject(draft, error, &turn)
        }
    }

    /// Who we say that we are, and how we prove it, for people.
    private var ownClaim: String {
        "we are \(CredentialRefusal.text(localIdentity)), proven by a \(peer.localAuthentication.rawValue)"
    }

    /// What it takes to check the responder's AUTH is here.
    mutating func checkAnswer(
        _ authenticating: Authenticating, _ answer: AuthAnswer, _ verdict: ProofAnswer, _ turn: inout Turn
    ) {
        do throws(NegotiationFailure) {
            try check(authenticating, answer.claim, against: verdict)
            try accept(answer, authenticating, &turn)
        } catch {
            reject(answer.draft, error, &turn)
        }
    }

    /// The responder is who it says.
    private mutating func accept(
        _ answer: AuthAnswer, _ authenticating: Authenticating, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        try requireExpected(answer.claim.identity)
        step("<-- IDr (\(answer.claim.identity)), AUTH", &turn)
        establish(authenticating.secured, local: localIdentity, remote: answer.claim.identity, &turn)
        noteWindow(answer.message)
        takeConfiguration(answer.message, &turn)
        updateEstablished { $0.openingNonces = authenticating.opening.nonces }
        let isUnwanted = answer.draft.map { unwanted.contains($0.spi) } ?? false
        if let draft = answer.draft { receiveChildAnswer(answer.message, draft, &turn) }
        updateEstablished { $0.openingNonces = nil }
        if isUnwanted, tasks.allSatisfy(\.isDeletion) {
            takeDown("taken down", &turn)
            return
        }
        work(&turn)
    }

    /// The responder is not believed, or does not believe us.
    ///
    /// Where it believes itself established, it is told that it is not (RFC 7296 section 2.21.2).
    private mutating func reject(_ draft: ChildDraft?, _ failure: NegotiationFailure, _ turn: inout Turn) {
        if let draft {
            turn.release(draft.spi)
            turn.outcomes.append(.childFailed(draft.request, failure))
        }
        if case .authenticationFailed = failure {
            request(
                .deleteSelf, .informationalIKEv2, [.notify(NotifyPayload(.authenticationFailed))], &turn)
        }
        end(failure, &turn)
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
        asked = []
        setLife(&turn)
        turn.outcomes.append(.established)
        let sentence = Sentence(
            "IKE SA established with \(remote.description), \(secured.suite.description)")
        turn.report(established: subject, with: remote, sentence.text)
    }
}

extension IKESA.Task {
    fileprivate var isDeletion: Bool {
        switch self {
        case .deleteChildren, .deleteSelf: true
        case .createChild, .rekeyChild, .rekeySelf, .probe: false
        }
    }
}
