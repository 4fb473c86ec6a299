package import Calendar

/// Whether a chain that is believed otherwise holds a revoked certificate.
package struct RevocationCheck: Sendable {
    /// Whether what is missing may still be fetched.
    package enum Fetching: Hashable, Sendable {
        case possible
        /// It was tried, or is not wanted.
        case done
    }

    package enum Outcome: Hashable, Sendable {
        /// The chain stands; what is known of each certificate but the anchor.
        case settled([RevocationStatus])
        /// To be fetched, added to the cache and asked again.
        case fetch([RevocationFetch])
    }

    package let policy: RevocationPolicy
    package let fetching: Fetching
    /// Things to fetch for one chain, at most.
    package let mostFetches: Int

    package init(_ policy: RevocationPolicy, fetching: Fetching, mostFetches: Int = 6) {
        self.policy = policy
        self.fetching = fetching
        self.mostFetches = mostFetches
    }

    /// Judges a chain, whose being trusted the type says: nothing is fetched for any other.
    ///
    /// - Parameter nonce: unpredictable octets for OCSP requests; empty for none.
    /// - Throws: a certificate that is revoked, or that may be where the policy wants to know.
    package func outcome(
        for chain: CertificateChain, _ cache: RevocationCache, at moment: Timestamp, nonce: [UInt8]
    ) throws(ChainFailure) -> Outcome {
        guard policy != .off else { return .settled([]) }
        let links = chain.links
        let statuses = links.map { cache.status(of: $0.certificate, issuer: $0.issuer, at: moment) }
        var fetches: [RevocationFetch] = []
        for (link, status) in zip(links, statuses) {
            switch status {
            case .good: continue
            case .revoked(let since, let reason):
                throw ChainFailure(link.certificate, .revoked(since: since, reason))
            case .unknown: fetches += self.fetches(link.certificate, link.issuer, nonce)
            }
        }
        if fetching == .possible, !fetches.isEmpty { return .fetch(Array(fetches.prefix(mostFetches))) }
        for (link, status) in zip(links, statuses) {
            guard case .unknown(let why) = status, mustKnow(link.certificate) else { continue }
            throw ChainFailure(link.certificate, .revocationUnknown(why))
        }
        return .settled(statuses)
    }

    private func fetches(
        _ certificate: Certificate, _ issuer: Certificate, _ nonce: [UInt8]
    ) -> [RevocationFetch] {
        let request = OCSPRequest(OCSPCertificateID(certificate, issuer: issuer), nonce: nonce)
        let responders = certificate.extensions.ocspLocations.prefix(1)
        let lists = certificate.extensions.crlLocations.prefix(2)
        return responders.map { .ocsp(location: $0, request, issuer: issuer) }
            + lists.map { .crl(location: $0, issuer: issuer) }
    }

    private func mustKnow(_ certificate: Certificate) -> Bool {
        switch policy {
        case .strict: true
        case .ifuri:
            !certificate.extensions.ocspLocations.isEmpty || !certificate.extensions.crlLocations.isEmpty
        case .relaxed, .off: false
        }
    }
}
