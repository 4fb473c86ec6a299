import Algorithms
import Cryptography
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation

/// The responder's side of main mode, up to the keys.
extension ISAKMPSA {
    /// The peer's offers in SA, answered by our choice in SA.
    static func respond(
        _ id: ISAKMPSAID, to datagram: [UInt8], from path: Path, among blocks: [Boxed<PeerPolicy>],
        _ turn: inout Turn
    ) throws(NegotiationFailure) -> ISAKMPSA {
        let message = try clear(datagram)
        let offered = try message.securityAssociation
        let offers = PhaseOneOffers.read(offered.proposals)
        let choice = try choose(among: offers.map(\.offer), from: path, blocks, turn.policy)
        guard offers.indices.contains(choice.selection.index) else { throw .noCommonChoice(.ike, nil) }
        var sa = ISAKMPSA(
            id: id, role: .responder, begun: turn.now, isFirstContact: false,
            cookies: Cookies(initiator: message.header.initiatorCookie, responder: turn.cookie()), path: path,
            peer: choice.peer, candidates: choice.candidates, state: .over)
        let agreed = MainMode.Agreed(
            body: offered.rawBody, proposal: choice.selection.proposal, capabilities: message.capabilities)
        sa.trace(.received, datagram, &turn)
        try sa.answer(offers[choice.selection.index].accepted(spi: []), agreed, &turn)
        sa.remember(Fingerprint(of: datagram))
        return consume sa
    }

    /// What is answered to an offer, and on behalf of which block.
    private struct Choice {
        let peer: Boxed<PeerPolicy>
        /// Empty for a stranger.
        let candidates: [Boxed<PeerPolicy>]
        let selection: IKESelection
    }

    private static func choose(
        among offers: [IKEOffer], from path: Path, _ blocks: [Boxed<PeerPolicy>], _ policy: NegotiationPolicy
    ) throws(NegotiationFailure) -> Choice {
        guard let first = blocks.first else { return try pretend(offers, path, policy) }
        var selection: IKESelection?
        var candidates: [Boxed<PeerPolicy>] = []
        for block in blocks {
            let fitting = ProposalSelection.select(
                from: offers, accepting: block.wrappedValue.proposals,
                check: block.wrappedValue.proposalCheck)
            guard let fitting, selection == nil || selection == fitting else { continue }
            selection = fitting
            candidates.append(block)
        }
        guard let peer = candidates.first, let selection else {
            let ours = blocks.flatMap(\.wrappedValue.proposals)
            throw .noCommonChoice(
                .ike,
                ProposalComparison(offers: offers, ours: ours, check: first.wrappedValue.proposalCheck))
        }
        return Choice(peer: peer, candidates: candidates, selection: selection)
    }

    private static func pretend(
        _ offers: [IKEOffer], _ path: Path, _ policy: NegotiationPolicy
    ) throws(NegotiationFailure) -> Choice {
        guard let peer = PretendedPeer.policy(policy) else {
            throw .localPolicyForbids(.unknownPeer(path.remote.address, exchange: "main"))
        }
        guard let selection = PretendedPeer.select(from: offers) else { throw .noCommonChoice(.ike, nil) }
        return Choice(peer: Boxed(wrappedValue: peer), candidates: [], selection: selection)
    }

    private mutating func answer(
        _ choice: ProposalSubstructure, _ agreed: MainMode.Agreed, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        guard let payload = try? SecurityAssociationPayload(proposals: [choice]),
            let datagram = encode([.securityAssociation(payload)] + vendorIDs(answering: agreed.capabilities))
        else { throw .localResource(.cryptography("message too long")) }
        state = .mainMode(.answeredProposal(agreed))
        deadlines[.giveUp] = turn.now + turn.policy.timers.phase1
        send(datagram, awaitsAnswer: false, &turn)
        trace(.sent, datagram, &turn)
        let proposal = agreed.proposal
        let sentence = Sentence(
            """
            --> SA, <-- SA: we chose \(proposal.encryption.description), \(proposal.prf.description), \
            \(proposal.group.description)
            """)
        step(sentence.text, &turn)
    }

    /// The peer's public value:  KE, Ni -->;  answered by  <-- KE, Nr;  all that SKEYID hangs on is known but a
    /// pre-shared key.
    mutating func receiveKeyExchange(
        _ message: Message, _ agreed: MainMode.Agreed, _ turn: inout Turn
    ) throws(NegotiationFailure) {
        heedEmptyRequest(message)
        let received = try KeyExchangeMessage(message)
        let exchange = try PrivateValue(agreed.proposal.group, random: &turn.random)
        let secret = try exchange.sharedSecret(with: received.publicValue)
        let nonce = turn.random.bytes(count: nonceSize)
        let nat = detectNAT(received, agreed)
        let payloads =
            [.keyExchange(exchange.publicValue), .nonce(nonce)] + certificateRequest(agreed)
            + natDetection(agreed, &turn)
        guard let datagram = encode(payloads) else { throw .localResource(.cryptography("message too long")) }
        step("--> KE, Ni", &turn)
        try key(
            MainMode.Exchanged(
                agreed: agreed, sharedSecret: secret, initiatorNonce: received.nonce, responderNonce: nonce,
                initiatorValue: received.publicValue, responderValue: exchange.publicValue, nat: nat,
                reply: datagram), &turn)
    }
}
