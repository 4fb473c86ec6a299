import Algorithms
import Cryptography
import IPsec
import ISAKMP
import Negotiation
import Wire

/// The responder's side of rekeying an IKE SA.
extension IKESA {
    /// Answers a CREATE_CHILD_SA that asks for a successor of this IKE SA.
    ///
    /// HDR, SK {SA, Ni, KEi}  -->  with  <--  HDR, SK {SA, Nr, KEr}
    mutating func receiveSelfRequest(_ message: Message, _ turn: inout Turn) {
        guard canBeSucceeded else {
            respond(.createChildSA, [.notify(NotifyPayload(.temporaryFailure))], &turn)
            return
        }
        do throws(Refusal) {
            let (successor, nonces, payloads) = try answer(selfRequest: message, &turn)
            respond(.createChildSA, payloads, &turn)
            step("--> SA, Ni, KEi; <-- SA (\(successor.secured?.suite.description ?? "")), Nr, KEr", &turn)
            turn.outcomes.append(.succeeded(successor))
            let isRenewing = window.outstanding.contains { outstanding in
                if case .rekeySelf = outstanding.kind { true } else { false }
            }
            if isRenewing {
                // Who inherits is known when our own exchange is over.
                let rival = Rival(spi: successor.ownSPI, lowerNonce: nonces.lower)
                updateEstablished { $0.rival = rival }
            } else {
                bequeath(to: successor.ownSPI, &turn)
            }
        } catch {
            respond(.createChildSA, [.notify(error.answer)], &turn)
            turn.report(
                .warning, .progress, subject, "the IKE SA is not renewed: \(error.failure.sentence)",
                details: error.failure.details)
        }
    }

    /// Whether nothing is under way that a succession would lose (RFC 7296 section 2.25).
    private var canBeSucceeded: Bool {
        guard let sa = established, sa.standing == .current, sa.rival == nil else { return false }
        let isChanging = window.outstanding.contains { outstanding in
            switch outstanding.kind {
            case .createChild, .deleteChildren, .deleteSelf, .authenticate: true
            case .rekeySelf, .probe: false
            }
        }
        return !isChanging && sa.installing.values.allSatisfy { $0.step != .inbound }
    }

    private func answer(
        selfRequest message: Message, _ turn: inout Turn
    ) throws(Refusal) -> (IKESA, Nonces, [Payload]) {
        let offers: [SecurityAssociationPayload.Proposal]
        let sent: KeyExchangePayload
        let nonces: Nonces
        do throws(NegotiationFailure) {
            offers = try message.securityAssociation().proposals
            sent = try message.keyExchange()
            nonces = Nonces(
                initiator: try message.nonce(), responder: turn.random.bytes(count: nonceSize))
        } catch {
            throw Refusal(error, NotifyPayload(.invalidSyntax))
        }
        let suites = offers.map { $0.offer(for: .ike, spiSize: 8) }
        guard
            let selection = SuiteSelection.select(
                from: suites, accepting: peer.suites, sent: Catalogue.keyExchange(number: sent.method)),
            let group = selection.suite.keyExchange
        else {
            throw Refusal(
                .noCommonChoice(.ike, ProposalComparison(offers: suites, ours: peer.suites)),
                NotifyPayload(.noProposalChosen))
        }
        guard sent.method == group.number else {
            throw Refusal(
                .peerViolatedProtocol("KE is of group \(sent.method), \(group) is wanted"),
                NotifyPayload(.invalidKEPayload, data: group.number.octets))
        }
        let offered = offers[selection.index]
        let peerSPI = offered.spi.reduce(0, { $0 << 8 | UInt64($1) })
        let spis = IKESPIs(initiator: peerSPI, responder: turn.cookie())
        do throws(NegotiationFailure) {
            guard peerSPI != 0, peerSPI != spis.responder else {
                throw .peerViolatedProtocol("the initiator's SPI cannot be")
            }
            let exchange = try PrivateValue(group, random: &turn.random)
            let secret = try exchange.sharedSecret(with: sent.publicValue)
            let successor = try makeSuccessor(.responder, selection.suite, secret, nonces, spis, turn)
            return (
                successor, nonces,
                [
                    .securityAssociation(
                        SecurityAssociationPayload([
                            .init(answering: offered, spi: spis.responder.octets, selection)
                        ])), .nonce(nonces.responder),
                    .keyExchange(KeyExchangePayload(exchange)),
                ]
            )
        } catch {
            throw Refusal(error, NotifyPayload(.invalidSyntax))
        }
    }
}
