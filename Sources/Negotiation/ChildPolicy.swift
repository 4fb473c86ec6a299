package import Algorithms
package import Credentials
package import IPsec

/// One side of what an `sainfo` is for.
package enum ChildSideMatch: Hashable, Sendable {
    case anonymous
    /// The peer's own address (racoon's `clientaddr`).
    case clientAddress
    /// Equal to the ID payload, not merely containing it.
    case selector(TrafficSelector)
    /// A phase 2 identity that is not an address.
    case identity(Identity)
}

/// What an `sainfo` block says: which algorithms protect which traffic.
package struct ChildPolicy: Hashable, Sendable {
    package var local: ChildSideMatch
    package var remote: ChildSideMatch
    /// The phase 1 identity it is restricted to (`from`).
    package var peerIdentity: Identity?
    /// Pairs with a remote block's `ph1id`; 0 is none.
    package var remoteID: UInt32
    package var encryption: [CipherChoice]
    /// Ignored for ciphers that authenticate.
    package var integrity: [IntegrityAlgorithm]
    /// nil is no PFS.
    package var pfsGroup: KeyExchangeMethod?
    package var lifetime: Duration
    /// Where the block starts, `swiftike.conf:30`.
    package var origin: String

    package init(
        local: ChildSideMatch, remote: ChildSideMatch, encryption: [CipherChoice],
        integrity: [IntegrityAlgorithm],
        pfsGroup: KeyExchangeMethod? = nil, lifetime: Duration = .seconds(28800),
        peerIdentity: Identity? = nil,
        remoteID: UInt32 = 0, origin: String = ""
    ) {
        self.local = local
        self.remote = remote
        self.peerIdentity = peerIdentity
        self.remoteID = remoteID
        self.encryption = encryption
        self.integrity = integrity
        self.pfsGroup = pfsGroup
        self.lifetime = lifetime
        self.origin = origin
    }
}
