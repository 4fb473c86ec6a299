package import Algorithms
package import IPsec

/// What a peer named for one part of an offer.
package enum Offered<Choice: Hashable & Sendable>: Hashable, Sendable {
    case known(Choice)
    /// A number or combination that nobody here knows, in words for people.
    case unknown(String)
    /// The offer does not mention it.
    case absent

    /// The choice, if it is one of ours.
    package var choice: Choice? {
        if case .known(let choice) = self { choice } else { nil }
    }
}

/// One phase 1 transform of a peer, most of it still possibly unknown to us.
package struct IKEOffer: Hashable, Sendable {
    package var encryption: Offered<CipherChoice>
    package var prf: Offered<PseudorandomFunction>
    package var group: Offered<KeyExchangeMethod>
    package var authentication: Offered<OakleyAuthentication>
    /// nil where the peer names none.
    package let lifetime: Duration?

    package init(
        encryption: Offered<CipherChoice>, prf: Offered<PseudorandomFunction>,
        group: Offered<KeyExchangeMethod>,
        authentication: Offered<OakleyAuthentication>, lifetime: Duration?
    ) {
        self.encryption = encryption
        self.prf = prf
        self.group = group
        self.authentication = authentication
        self.lifetime = lifetime
    }
}

/// One offer of a peer for a child SA.
package struct ChildOffer: Hashable, Sendable {
    package var encryption: Offered<CipherChoice>
    /// Absent for ciphers that authenticate.
    package var integrity: Offered<IntegrityAlgorithm>
    /// Absent without PFS.
    package var pfsGroup: Offered<KeyExchangeMethod>
    package var mode: Offered<EncapsulationMode>
    /// nil where the peer names none.
    package var lifetime: Duration?
    /// Kilobytes the peer wants the SA to carry at most; nil where it names none.
    package var kilobytes: UInt64?

    package init(
        encryption: Offered<CipherChoice>, integrity: Offered<IntegrityAlgorithm>,
        pfsGroup: Offered<KeyExchangeMethod>, mode: Offered<EncapsulationMode>, lifetime: Duration?,
        kilobytes: UInt64? = nil
    ) {
        self.encryption = encryption
        self.integrity = integrity
        self.pfsGroup = pfsGroup
        self.mode = mode
        self.lifetime = lifetime
        self.kilobytes = kilobytes
    }
}
