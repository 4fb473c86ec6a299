import Credentials
import IPsec
import Negotiation

/// A pair of IPsec SAs that one quick mode made, and what is needed to make the next one.
struct ChildSA {
    /// Which side started the quick mode.
    let role: IKESAStatus.Role
    /// What was asked for; repeated to renew it.
    @Boxed var request: ChildRequest
    let peerIdentity: Identity
    @Boxed var inbound: SecurityAssociation
    @Boxed var outbound: SecurityAssociation
    let local: TrafficSelector
    let remote: TrafficSelector
    let established: Instant
    /// The pair it took the place of.
    let replaces: SecurityAssociationID?
    /// Whether new traffic is to use it.
    var isCurrent = true
    var deadlines = Deadlines<Timer>()

    enum Timer: Hashable, Sendable {
        /// Negotiate its successor.
        case renew
        /// Tell the peer that it is over.
        case delete
        /// It is over by itself.
        case expire
    }

    var id: SecurityAssociationID { inbound.id }
    var remoteAddress: IPAddress { outbound.id.destination }

    var subject: ReportSubject {
        ReportSubject(tunnel: request.tunnel, peer: request.peer, path: request.path)
    }

    /// Whether it protects the same traffic with the same peer.
    func protectsSame(as other: ChildSA) -> Bool {
        local == other.local && remote == other.remote && request.mode == other.request.mode
            && remoteAddress == other.remoteAddress && peerIdentity == other.peerIdentity
            && request.peer == other.request.peer
    }

    /// Whether it answers a request.
    func satisfies(_ request: ChildRequest) -> Bool {
        isCurrent && local == request.local && remote == request.remote && self.request.mode == request.mode
            && remoteAddress == request.path.remote.address && self.request.peer == request.peer
    }

    var status: ChildSAStatus {
        ChildSAStatus(
            tunnel: request.tunnel, peer: request.peer, mode: inbound.mode, inbound: inbound.id,
            outbound: outbound.id, local: local, remote: remote, encapsulation: outbound.encapsulation,
            encryption: outbound.transform.encryption, integrity: outbound.transform.integrity,
            established: established, rekeyAt: deadlines[.renew], isCurrent: isCurrent)
    }
}
