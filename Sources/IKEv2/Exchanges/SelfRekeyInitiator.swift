import Algorithms
import Cryptography
import IPsec
import ISAKMP
import Negotiation
import Wire

/// An IKE SA that we want in the place of the present one (RFC 7296 section 1.3.2).
struct SelfDraft {
    /// Ours.
    let spi: UInt64
    let exchange: PrivateValue
    let nonce: [UInt8]
    /// Requests made so far, for other groups.
    let attempts: Int
}

/// The initiator's side of rekeying an IKE SA.
extension IKESA {
    /// Has the SA renewed, in the way that the configuration wants.
    mutating func renew(_ turn: inout Turn) {
        switch (peer.renewal, role) {
        case (.rekey, _): enqueue(.rekeySelf, &turn)
        case (.reauthenticate, .initiator): turn.outcomes.append(.reauthenticate)
        // Only who has started can start anew; we let it live until then.
        case (.reauthenticate, .responder): break
        }
    }

    /// Asks for a successor.
    ///
    /// HDR, SK {SA, Ni, KEi}  -->
    mutating func startSelfRekey(
        group: KeyExchangeMethod? = nil, attempts: Int = 1, _ turn: inout Turn
    ) {
        guard let sa = established, sa.standing == .current else { return }
        guard sa.answering == nil, window.outstanding.isEmpty else {
            postpone(.rekeySelf, &turn)
            return
        }
        do throws(NegotiationFailure) {
            guard let wanted = group ?? sa.secured.suite.keyExchange else {
                throw .localResource(.cryptography("the IKE SA has no key exchange to repeat"))
            }
            let draft = SelfDraft(
                spi: turn.cookie(), exchange: try PrivateValue(wanted, random: &turn.random),
                nonce: turn.random.bytes(count: nonceSize), attempts: attempts)
            let payloads: [Payload] = [
                .securityAssociation(
                    SecurityAssociationPayload(offering: peer.suites, .ike, spi: draft.spi.octets)),
                .nonce(draft.nonce),
                .keyExchange(KeyExchangePayload(draft.exchange)),
            ]
            step("--> SA, Ni, KEi for a successor of this IKE SA", &turn)
            request(.rekeySelf(draft), .createChildSA, payloads, &turn)
        } catch {
            turn.report(.warning, .progress, subject, "the IKE SA is not renewed: \(error.sentence)")
            settleForRival(&turn)
        }
    }

    /// Takes the answer to a CREATE_CHILD_SA that asked for a successor.
    ///
    ///  <--  HDR, SK {SA, Nr, KEr}
    mutating func receiveSelfAnswer(_ message: Message, _ draft: SelfDraft, _ turn: inout Turn) {
        if let refusal = message.notifications.first(where: \.type.isError) {
            receive(refusal, draft, &turn)
            return
        }
        do throws(NegotiationFailure) {
            let (successor, nonces) = try successor(message, draft, turn)
            step("<-- SA (\(successor.secured?.suite.description ?? "")), Nr, KEr", &turn)
            succeed(by: successor, nonces, &turn)
        } catch {
            turn.report(
                .warning, .progress, subject, "the IKE SA is not renewed: \(error.sentence)",
                details: error.details)
            settleForRival(&turn)
        }
    }

    private func successor(
        _ message: Message, _ draft: SelfDraft, _ turn: Turn
    ) throws(NegotiationFailure) -> (IKESA, Nonces) {
        let proposals = try message.securityAssociation().proposals
        let suite = try Self.confirmed(proposals, .ike, spiSize: 8, among: peer.suites)
        let sent = try message.keyExchange()
        guard suite.keyExchange == draft.exchange.method, sent.method == draft.exchange.method.number else {
            throw .peerViolatedProtocol("KE is of another group than was agreed to")
        }
        let peerSPI = proposals.first?.spi.reduce(0, { $0 << 8 | UInt64($1) }) ?? 0
        let nonces = Nonces(initiator: draft.nonce, responder: try message.nonce())
        guard peerSPI != 0, peerSPI != draft.spi, nonces.initiator != nonces.responder else {
            throw .peerViolatedProtocol("the responder's SPI or nonce cannot be")
        }
        return (
            try makeSuccessor(
                .initiator, suite, try draft.exchange.sharedSecret(with: sent.publicValue), nonces,
                IKESPIs(initiator: draft.spi, responder: peerSPI), turn), nonces
        )
    }

    /// The peer does not make a successor, or not so.
    private mutating func receive(_ refusal: NotifyPayload, _ draft: SelfDraft, _ turn: inout Turn) {
        if refusal.type == .invalidKEPayload, draft.attempts < ProtocolLimits.initialAttempts,
            let group = refusal.wantedGroup(among: peer.suites), group != draft.exchange.method
        {
            startSelfRekey(group: group, attempts: draft.attempts + 1, &turn)
            return
        }
        if refusal.type == .temporaryFailure, established?.rival == nil {
            step("<-- \(refusal.type): no successor yet", &turn)
            postponeRefused(.rekeySelf, &turn)
            return
        }
        turn.report(.warning, .progress, subject, "the peer does not renew the IKE SA: \(refusal.type)")
        settleForRival(&turn)
    }

    /// Our own exchange came to nothing: the successor that the peer's made inherits, if there is one.
    private mutating func settleForRival(_ turn: inout Turn) {
        if let rival = established?.rival {
            bequeath(to: rival.spi, &turn)
        } else if let end = deadlines[.expire] {
            deadlines[.rekeySelf] = turn.now + ProtocolLimits.renewalWait(lifeLeft: end - turn.now)
        }
    }
}
