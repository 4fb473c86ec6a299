package import Algorithms
package import IPsec
package import KeyMaterial

/// The keys of an IKE SA that exists, for whoever may read what was captured of it.
package struct IKESAKeyRecord: Sendable {
    package enum Keys: Sendable {
        /// What messages are encrypted with (RFC 2409 appendix B).
        case ikev1(SecretKey)
        case ikev2(IKEv2Keys)
    }

    /// In IKEv1, the initiator's cookie.
    package var initiatorSPI: UInt64
    /// In IKEv1, the responder's cookie.
    package var responderSPI: UInt64
    package var keys: Keys

    package init(initiatorSPI: UInt64, responderSPI: UInt64, keys: Keys) {
        self.initiatorSPI = initiatorSPI
        self.responderSPI = responderSPI
        self.keys = keys
    }
}

/// What protects the messages of an IKE SA of IKEv2 (RFC 7296 section 2.14).
package struct IKEv2Keys: Sendable {
    package var encryption: CipherChoice
    /// nil where the cipher authenticates.
    package var integrity: IntegrityAlgorithm?
    package var skEi: SecretKey
    package var skEr: SecretKey
    package var skAi: SecretKey?
    package var skAr: SecretKey?

    package init(
        encryption: CipherChoice, integrity: IntegrityAlgorithm?, skEi: SecretKey, skEr: SecretKey,
        skAi: SecretKey?, skAr: SecretKey?
    ) {
        self.encryption = encryption
        self.integrity = integrity
        self.skEi = skEi
        self.skEr = skEr
        self.skAi = skAi
        self.skAr = skAr
    }
}

/// The keys of all SAs of an endpoint.
package struct EndpointKeys: Sendable {
    package var ikeSAs: [IKESAKeyRecord]
    package var childSAs: [SecurityAssociation]

    package init(ikeSAs: [IKESAKeyRecord] = [], childSAs: [SecurityAssociation] = []) {
        self.ikeSAs = ikeSAs
        self.childSAs = childSAs
    }

    package static func + (left: Self, right: Self) -> Self {
        Self(ikeSAs: left.ikeSAs + right.ikeSAs, childSAs: left.childSAs + right.childSAs)
    }
}
