import Algorithms
import IPsec
import ISAKMP
import Negotiation

/// What both messages of IKE_SA_INIT hold (RFC 7296 section 1.2).
struct InitialMessage {
    let proposals: [SecurityAssociationPayload.Proposal]
    let keyExchange: KeyExchangePayload
    let nonce: [UInt8]
    let capabilities: PeerCapabilities
    /// Hashes of where the sender may send from, and of where it sends to; empty and nil where it does not say.
    let natSources: [[UInt8]]
    let natDestination: [UInt8]?

    init(_ message: Message) throws(NegotiationFailure) {
        proposals = try message.securityAssociation().proposals
        keyExchange = try message.keyExchange()
        nonce = try message.nonce()
        capabilities = PeerCapabilities(message)
        natSources = message.notifications.filter { $0.type == .natDetectionSourceIP }.map(\.data)
        natDestination = message.notification(.natDetectionDestinationIP)?.data
    }

    var offers: [SuiteOffer] { proposals.map { $0.offer(for: .ike, spiSize: 0) } }
}

/// NAT detection of IKEv2 (RFC 7296 section 2.23).
extension InitialMessage {
    func detectNAT(_ spis: IKESPIs, on path: Path, _ policy: NATTraversal) -> NATDetection {
        guard policy != .off, let natDestination, !natSources.isEmpty else { return .none }
        var nat = NATDetection(
            destination: natDestination, sources: natSources, local: Self.hash(spis, path.local),
            remote: Self.hash(spis, path.remote))
        // The peer sees a NAT before us if we force it; so do we.
        if policy == .force { nat.isLocalBehindNAT = true }
        return nat
    }

    static func hash(_ spis: IKESPIs, _ endpoint: Endpoint) -> [UInt8] {
        NATDetection.hash(
            .sha1, initiatorSPI: spis.initiator, responderSPI: spis.responder, endpoint: endpoint)
    }
}
