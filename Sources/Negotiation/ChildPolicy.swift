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
    /// What IKEv2 offers and accepts where the block says so by itself, the preferred first; else it follows from the
    /// algorithms.
    package var statedSuites: [SuiteProposal] = []
    /// The same for AH.
    package var statedHeaderSuites: [SuiteProposal] = []
    /// Widths of sequence numbers that IKEv2 may agree on, the preferred first.
    package var sequenceNumbers: [SequenceNumberWidth] = [.short]
    /// How packets may be compressed whose policy a peer's offer makes (`compression_algorithm`); nil for not at all.
    package var compression: CompressionAlgorithm?
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

extension ChildPolicy {
    /// What IKEv2 offers and accepts: ciphers that authenticate and others in proposals of their own, in the order in
    /// which the first of each stands.
    package var suites: [SuiteProposal] {
        guard statedSuites.isEmpty else { return statedSuites }
        guard !encryption.isEmpty else { return defaultSuites }
        let groups = pfsGroup.map { [$0] } ?? []
        let encryption = encryption.filter { $0.algorithm.ikev2 != nil }
        let integrity = integrity.filter { $0.ikev2 != nil }
        let whole = SuiteProposal(
            encryption: encryption.filter { $0.algorithm.isAEAD }, keyExchange: groups,
            sequenceNumbers: sequenceNumbers, origin: origin)
        let parted = SuiteProposal(
            encryption: encryption.filter { !$0.algorithm.isAEAD }, integrity: integrity, keyExchange: groups,
            sequenceNumbers: sequenceNumbers, origin: origin)
        let inOrder = encryption.first?.algorithm.isAEAD == true ? [whole, parted] : [parted, whole]
        return inOrder.filter {
            !$0.encryption.isEmpty && ($0.encryption[0].algorithm.isAEAD || !integrity.isEmpty)
        }
    }

    /// What IKEv2 offers and accepts of a protocol.
    package func suites(of kind: SecurityProtocol) -> [SuiteProposal] {
        kind == .ah ? headerSuites : suites
    }

    /// The integrity algorithms alone, for AH; the first that RFC 8221 asks for where none is stated.
    private var headerSuites: [SuiteProposal] {
        guard statedHeaderSuites.isEmpty else { return statedHeaderSuites }
        let stated = integrity.filter { $0.ikev2 != nil }
        return [
            SuiteProposal(
                integrity: stated.isEmpty ? [.hmacSHA256] : stated, keyExchange: pfsGroup.map { [$0] } ?? [],
                sequenceNumbers: sequenceNumbers, origin: origin)
        ]
    }

    private var defaultSuites: [SuiteProposal] {
        DefaultSuites.esp.map { suite in
            var suite = suite
            suite.keyExchange = pfsGroup.map { [$0] } ?? []
            suite.sequenceNumbers = sequenceNumbers
            suite.origin = origin
            return suite
        }
    }
}
