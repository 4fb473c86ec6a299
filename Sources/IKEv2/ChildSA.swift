import Algorithms
import IPsec
import ISAKMP
import Negotiation

/// What tells one child SA of ours from another, for the peer: the SPI is that of our inbound SA.
struct ChildIdentifier: Hashable {
    /// ESP or AH.
    let kind: SecurityProtocol
    let spi: SPI
}

/// A pair of IPsec SAs, and what is needed to make the next one.
struct ChildSA {
    /// Where a pair is in its life (RFC 2367's words where it has them).
    enum Phase: Hashable {
        case mature
        /// The peer made its successor, and goes on until it deletes this one; then our packets change over.
        case replaced(by: SPI)
        /// Our delete is on its way.
        case closing
        /// The outbound SA is gone, and the inbound one stays for packets under way.
        case lingering
    }

    /// Which side started its exchange.
    let role: IKESAStatus.Role
    /// What was asked for; repeated to renew it.
    @Boxed var request: ChildRequest
    @Boxed var inbound: SecurityAssociation
    @Boxed var outbound: SecurityAssociation
    /// nil where packets are not compressed.
    let compression: ChildCompression?
    /// Inbound SAs that are in the database, in the order of `inbounds`.
    var placed = 0
    /// Whether the outbound SAs are in the database.
    var sends = false
    /// Outbound SAs that the database did not take.
    var refused: Set<SecurityAssociationID> = []
    /// Whether the peer takes packets with padding for traffic flow confidentiality.
    let takesFlowPadding: Bool
    let suite: Suite
    let local: [TrafficSelector]
    let remote: [TrafficSelector]
    let lifetime: Duration
    let established: Instant
    var phase = Phase.mature

    var subject: ReportSubject {
        ReportSubject(tunnel: request.tunnel, peer: request.peer, path: request.path)
    }

    var spi: SPI { inbound.id.spi }

    var identifier: ChildIdentifier { ChildIdentifier(kind: inbound.id.protocol, spi: spi) }

    /// The peer's inbound SPI.
    var peerSPI: SPI { outbound.id.spi }

    /// Whether it answers a request.
    func satisfies(_ request: ChildRequest) -> Bool {
        phase == .mature && self.request.mode == request.mode
            && self.request.protocol == request.protocol && self.request.tunnel == request.tunnel
            && local.contains { $0.contains(request.local) || request.local.contains($0) }
            && remote.contains { $0.contains(request.remote) || request.remote.contains($0) }
    }
}

/// A child SA that we have asked for.
struct ChildDraft {
    let request: ChildRequest
    let policy: ChildPolicy
    /// Ours, for the inbound SA.
    let spi: SPI
    /// The CPI of the inbound SA that decompresses; nil where none is offered.
    let compressionIndex: SPI?
    /// nil in IKE_AUTH, which has those of IKE_SA_INIT.
    let nonce: [UInt8]?
    /// nil where the exchange has no key exchange of its own.
    let exchange: PrivateValue?
    /// The inbound SPI of the child it is to replace.
    let replaces: SPI?
    /// Times it was asked for, with one group and another.
    let attempts: Int

    /// What is offered: IKE_AUTH has no key exchange for it, and where no proposal names a group, all have that of
    /// `exchange`.
    var suites: [SuiteProposal] {
        let all = policy.suites(of: request.protocol)
        guard nonce != nil else { return all.map(\.withoutKeyExchange) }
        guard let group = exchange?.method, all.allSatisfy(\.keyExchange.isEmpty) else { return all }
        return all.map { $0.exchanging(group) }
    }

    var kind: IKEProtocol { request.protocol == .ah ? .ah : .esp }

    var identifier: ChildIdentifier { ChildIdentifier(kind: request.protocol, spi: spi) }
}

/// A child SA that the peer asked for.
///
/// A class, as each step to its answer would copy it.
final class PendingOffer {
    /// IKE_AUTH or CREATE_CHILD_SA.
    let exchange: ExchangeType
    /// What goes into the answer before what the child adds: IDr and AUTH in IKE_AUTH.
    let head: [Payload]
    let nonces: Nonces
    let offer: ChildOfferMessage
    /// The peer's public value, where the exchange has a key exchange of its own.
    let keyExchange: KeyExchangePayload?
    /// The inbound SPI of the child it is to replace.
    let replaces: SPI?

    init(
        exchange: ExchangeType, head: [Payload], nonces: Nonces, offer: ChildOfferMessage,
        keyExchange: KeyExchangePayload?, replaces: SPI?
    ) {
        self.exchange = exchange
        self.head = head
        self.nonces = nonces
        self.offer = offer
        self.keyExchange = keyExchange
        self.replaces = replaces
    }
}

/// An IKE_AUTH request that waits for addresses.
struct PendingLease {
    /// IDr, AUTH and what else the answer begins with.
    let head: [Payload]
    /// nil where no child SA is asked for.
    let child: ChildOfferMessage?
    let nonces: Nonces
}

/// What the peer's request waits for.
indirect enum Answering {
    case leasing(EffectToken, PendingLease)
    case findingPolicy(EffectToken, PendingOffer)
    /// The answer, and the child that it tells of.
    case installing(EffectToken, PendingOffer, [Payload], ChildSA)
}

/// SAs of a child of ours on their way into the database.
struct ChildInstallation {
    var child: ChildSA
    /// The inbound SPI of the child it replaces.
    let replaces: SPI?
    /// Those of the exchange that made it.
    let nonces: Nonces
    /// What is being put in place.
    let step: Step

    enum Step: Hashable {
        /// The next of the child's inbound SAs.
        case inbound
        /// One of its outbound SAs.
        case outbound(SecurityAssociationID)
    }
}
