import Algorithms
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// The initiator's side of main mode, up to the keys.
extension ISAKMPSA {
    /// Starts phase 1 with our offers in SA.
    static func initiate(
        _ id: ISAKMPSAID, to peer: PeerPolicy, over path: Path, isFirstContact: Bool, _ turn: inout Turn
    ) -> ISAKMPSA? {
        let block = Boxed(wrappedValue: peer)
        var sa = ISAKMPSA(
            id: id, role: .initiator, begun: turn.now, isFirstContact: isFirstContact,
            cookies: Cookies(initiator: turn.cookie(), responder: 0), path: path, peer: block,
            candidates: [block], state: .over)
        let proposals = PhaseOneOffers.write(peer.proposals)
        guard let offer = try? SecurityAssociationPayload(proposals: proposals),
            let datagram = sa.encode([.securityAssociation(offer)] + sa.vendorIDs(answering: nil))
        else { return nil }
        sa.state = .mainMode(.sentProposal(MainMode.SentProposal(body: offer.rawBody)))
        sa.deadlines[.giveUp] = turn.now + turn.policy.timers.phase1
        sa.send(datagram, awaitsAnswer: true, &turn)
        sa.trace(.sent, datagram, &turn)
        turn.report(.info, .progress, sa.subject, "main mode started")
        sa.step("--> SA, with \(peer.proposals.count) offer\(peer.proposals.count == 1 ? "" : "s")", &turn)
        return sa
    }

    /// The peer's choice in SA, answered by KE and Ni.
    mutating func receiveChoice(
        _ message: Message, _ sent: MainMode.SentProposal, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard message.header.responderCookie != 0, message.header.responderCookie != cookies.initiator else {
            throw .peerViolatedProtocol("the responder's cookie cannot be")
        }
        let chosen = PhaseOneOffers.read(try message.securityAssociation.proposals)
        guard let first = chosen.first, chosen.count == 1 else {
            throw .peerViolatedProtocol("\(chosen.count) offers chosen instead of one")
        }
        guard let proposal = Self.confirmed(first.offer, among: peer.proposals) else {
            let comparison = ProposalComparison(offers: [first.offer], ours: peer.proposals, check: .exact)
            throw .noCommonChoice(.ike, comparison)
        }
        cookies.responder = message.header.responderCookie
        let agreed = MainMode.Agreed(body: sent.body, proposal: proposal, capabilities: message.capabilities)
        let exchange = try PrivateValue(proposal.group, random: &turn.random)
        let nonce = turn.random.bytes(count: nonceSize)
        let payloads =
            [.keyExchange(exchange.publicValue), .nonce(nonce)] + certificateRequest(agreed)
            + natDetection(agreed, &turn)
        guard let datagram = encode(payloads) else { throw .localResource(.cryptography("message too long")) }
        state = .mainMode(
            .sentKeyExchange(MainMode.SentKeyExchange(agreed: agreed, exchange: exchange, nonce: nonce)))
        send(datagram, awaitsAnswer: true, &turn)
        trace(.sent, datagram, &turn)
        step("<-- SA: the peer chose \(proposal.encryption), \(proposal.prf), \(proposal.group)", &turn)
        step("--> KE, Ni", &turn)
    }

    /// The peer's public value:  <-- KE, Nr;  all that SKEYID hangs on is known but a pre-shared key.
    mutating func receiveKeyExchange(
        _ message: Message, _ sent: MainMode.SentKeyExchange, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        let received = try KeyExchangeMessage(message)
        guard received.nonce != sent.nonce else {
            throw .peerViolatedProtocol("our own nonce was sent back to us")
        }
        let secret = try sent.exchange.sharedSecret(with: received.publicValue)
        let nat = detectNAT(received, sent.agreed)
        step("<-- KE, Nr; \(nat.isDetected ? "a NAT is between us, or claimed" : "no NAT between us")", &turn)
        deadlines[.retransmit] = nil
        sending?.schedule = nil
        try key(
            MainMode.Exchanged(
                agreed: sent.agreed, sharedSecret: secret, initiatorNonce: sent.nonce,
                responderNonce: received.nonce, initiatorValue: sent.exchange.publicValue,
                responderValue: received.publicValue, nat: nat, reply: nil), &turn)
    }

    /// What of ours the peer chose; only a lifetime may differ.
    private static func confirmed(
        _ offer: IKEOffer, among ours: [IKEProposal]
    ) -> IKEProposal? {
        for proposal in ours
        where offer.encryption.choice == proposal.encryption && offer.prf.choice == proposal.prf
            && offer.group.choice == proposal.group && offer.authentication.choice == proposal.authentication
        {
            var agreed = proposal
            agreed.lifetime = ProposalSelection.floored(
                min(offer.lifetime ?? proposal.lifetime, proposal.lifetime), ours: proposal.lifetime,
                floor: ProposalSelection.shortestIKELifetime)
            return agreed
        }
        return nil
    }
}
