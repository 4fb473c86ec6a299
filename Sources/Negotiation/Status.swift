package import Algorithms
package import Credentials
package import IPsec

/// An IKE SA as `status` shows it.
package struct IKESAStatus: Hashable, Sendable {
    package enum Role: String, Hashable, Sendable {
        case initiator
        case responder

        package var other: Role { self == .initiator ? .responder : .initiator }
    }

    /// 1 or 2.
    package var version: Int
    package var role: Role
    /// A word: `negotiating`, `established`, `rekeying`, `closing`.
    package var state: String
    package var peer: String?
    package var path: Path
    package var initiatorSPI: UInt64
    package var responderSPI: UInt64
    package var localIdentity: Identity?
    package var remoteIdentity: Identity?
    /// What made us believe the peer; nil where a pre-shared key did.
    package var credential: PeerCredential?
    package var encryption: String?
    package var integrity: String?
    package var prf: String?
    package var keyExchange: String?
    package var established: Instant?
    package var rekeyAt: Instant?

    package init(version: Int, role: Role, state: String, path: Path) {
        self.version = version
        self.role = role
        self.state = state
        self.path = path
        initiatorSPI = 0
        responderSPI = 0
    }
}

/// What became of the wish to compress a child SA's packets (RFC 7296 section 2.22).
package enum CompressionStatus: Hashable, Sendable {
    case notWanted
    /// We offered it, or would have taken it, and the peer does not.
    case declined
    /// By the CPIs of both IPComp SAs.
    case agreed(CompressionAlgorithm, inbound: SecurityAssociationID, outbound: SecurityAssociationID)
}

/// A child SA pair as `status` shows it.
package struct ChildSAStatus: Hashable, Sendable {
    package var tunnel: String?
    package var peer: String
    package var mode: EncapsulationMode
    package var inbound: SecurityAssociationID
    package var outbound: SecurityAssociationID
    package var local: TrafficSelector
    package var remote: TrafficSelector
    package var encapsulation: UDPEncapsulation?
    package var encryption: CipherChoice
    package var integrity: IntegrityAlgorithm?
    package var compression = CompressionStatus.notWanted
    /// Whether the peer takes padding that hides how much is carried (RFC 7296 section 3.10.1); nil in IKEv1.
    ///
    /// Nothing that is negotiated is padded so, whatever the peer takes.
    package var takesFlowPadding: Bool?
    package var established: Instant
    package var rekeyAt: Instant?
    /// Whether new traffic should use it; false once a newer pair has taken over.
    package var isCurrent: Bool

    package init(
        tunnel: String?, peer: String, mode: EncapsulationMode, inbound: SecurityAssociationID,
        outbound: SecurityAssociationID, local: TrafficSelector, remote: TrafficSelector,
        encapsulation: UDPEncapsulation?, encryption: CipherChoice, integrity: IntegrityAlgorithm?,
        established: Instant, rekeyAt: Instant?, isCurrent: Bool
    ) {
        self.tunnel = tunnel
        self.peer = peer
        self.mode = mode
        self.inbound = inbound
        self.outbound = outbound
        self.local = local
        self.remote = remote
        self.encapsulation = encapsulation
        self.encryption = encryption
        self.integrity = integrity
        self.established = established
        self.rekeyAt = rekeyAt
        self.isCurrent = isCurrent
    }
}

/// All SAs of an endpoint.
package struct EndpointStatus: Hashable, Sendable {
    package var ikeSAs: [IKESAStatus]
    package var childSAs: [ChildSAStatus]

    package init(ikeSAs: [IKESAStatus] = [], childSAs: [ChildSAStatus] = []) {
        self.ikeSAs = ikeSAs
        self.childSAs = childSAs
    }
}
