/// What a chain of certificates must be like to be believed.
package struct ChainPolicy: Hashable, Sendable {
    /// Whether a certificate for TLS servers or clients alone does for IKE.
    package enum TLSPurposes: Hashable, Sendable {
        /// As RFC 4945 section 5.1.3.12 says.
        case refused
        case tolerated
    }

    /// Keys and signatures in the chain; the anchor's own signature counts for nothing and is not judged.
    package var signatures: SignaturePolicy
    package var tlsPurposes: TLSPurposes
    /// Certificates in a path, anchor included, at most.
    package var longestPath: Int
    /// Certificates a peer may send, at most.
    package var mostCertificates: Int
    /// Paths that are validated before the search is given up: each costs as many verifications as it is long.
    package var mostPaths: Int

    package init(
        signatures: SignaturePolicy = SignaturePolicy(), tlsPurposes: TLSPurposes = .refused,
        longestPath: Int = 8, mostCertificates: Int = 32, mostPaths: Int = 16
    ) {
        self.signatures = signatures
        self.tlsPurposes = tlsPurposes
        self.longestPath = longestPath
        self.mostCertificates = mostCertificates
        self.mostPaths = mostPaths
    }
}
