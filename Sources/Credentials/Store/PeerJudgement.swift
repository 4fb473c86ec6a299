package import Calendar
package import Cryptography

/// Who a peer says it is, and what it sent to show it.
package struct PeerClaim: Sendable {
    package var identity: Identity
    package var presented: [PresentedCredential]

    package init(identity: Identity, presented: [PresentedCredential]) {
        self.identity = identity
        self.presented = presented
    }

    fileprivate var certificates: [Certificate] {
        presented.compactMap { if case .certificate(let certificate) = $0 { certificate } else { nil } }
    }

    fileprivate var rawKeys: [PublicKey] {
        presented.compactMap { if case .rawKey(let key) = $0 { key } else { nil } }
    }

    /// What was in vain, for people.
    package var remarks: [String] {
        presented.compactMap { if case .useless(let reason) = $0 { reason } else { nil } }
    }
}

/// A peer that is believed, unless a certificate of its is revoked.
package struct BelievedPeer: Sendable {
    /// What made us believe it: `certificate "CN=west" of "CN=Example CA"`.
    package let title: String
    /// nil where no authority had to be asked.
    package let chain: CertificateChain?
    package let revocation: RevocationPolicy
}

extension CredentialStore {
    /// Judges a peer, but for revocation.
    ///
    /// The signature is verified first, so that nobody without the key gets more out of us.
    ///
    /// - Parameter proof: verifies the peer's signature with a key.
    package func judge(
        _ claim: PeerClaim, of peer: String, at moment: Timestamp,
        proof: (PublicKey) throws(SignatureFailure) -> Void
    ) throws(CredentialRefusal) -> BelievedPeer {
        guard let known = peers[peer] else { throw .unknownPeer(peer) }
        if let pinned = known.pinned {
            return try judge(claim, known.plan, try pinned.get(), at: moment, proof: proof)
        }
        guard let subject = subject(of: claim) else {
            if let key = claim.rawKeys.first {
                throw .unknownRawKey(key.kind, origin: known.plan.origin)
            }
            throw .noCertificate(claim.identity)
        }
        try verify(subject, proof)
        guard known.plan.check == .full else {
            return BelievedPeer(
                title: "certificate \"\(subject.title)\", which verify_cert off leaves unjudged", chain: nil,
                revocation: .off)
        }
        try confirm(claim.identity, subject)
        guard !known.authorities.isEmpty else {
            throw .noAuthority(folder: folder, origin: known.plan.origin)
        }
        var policy = chainPolicy
        policy.tlsPurposes = known.plan.tlsPurposes
        let chain: CertificateChain
        do throws(ChainFailure) {
            chain = try CertificateChain(
                for: subject,
                intermediates: claim.certificates.filter { $0 != subject } + others(for: claim),
                anchors: known.authorities, at: moment, policy: policy)
        } catch { throw .chain(error) }
        return BelievedPeer(
            title: "certificate \"\(subject.title)\" of \"\(chain.anchor.title)\"", chain: chain,
            revocation: known.plan.revocation)
    }

    /// The peer's certificate: the first that it sent (RFC 7296 section 3.6), or one of ours for its identity.
    ///
    /// In IKEv1 they have no order (RFC 4945 section 3.3.10.3), so that its name tells which one it is.
    private func subject(of claim: PeerClaim) -> Certificate? {
        claim.certificates.first { $0.confirms(claim.identity) } ?? claim.certificates.first
            ?? others.first { !$0.isAuthority && $0.confirms(claim.identity) }
    }

    /// Ours that may complete its chain, as many as are looked at besides its own.
    private func others(for claim: PeerClaim) -> [Certificate] {
        let room = max(0, chainPolicy.mostCertificates - claim.certificates.count)
        return Array(others.filter { $0.isAuthority && !claim.certificates.contains($0) }.prefix(room))
    }

    private func judge(
        _ claim: PeerClaim, _ plan: PeerCredentialPlan, _ pinned: Pinned, at moment: Timestamp,
        proof: (PublicKey) throws(SignatureFailure) -> Void
    ) throws(CredentialRefusal) -> BelievedPeer {
        switch pinned {
        case .rawKey(let key, let file):
            let sent = claim.rawKeys + claim.certificates.compactMap { try? $0.publicKey.get() }
            guard sent.isEmpty || sent.contains(key) else { throw .otherKey(file: file) }
            do throws(SignatureFailure) {
                try proof(key)
            } catch { throw .signature(error, of: "the key in \(file)") }
            return BelievedPeer(title: "the key in \(file)", chain: nil, revocation: .off)
        case .certificate(let certificate, let file):
            let sent = claim.certificates.map(\.subjectPublicKeyInfo)
            guard sent.isEmpty || sent.contains(certificate.subjectPublicKeyInfo) else {
                throw .otherKey(file: file)
            }
            try verify(certificate, proof)
            if plan.check == .full {
                try confirm(claim.identity, certificate)
                try checkTime(certificate, moment)
            }
            return BelievedPeer(
                title: "certificate \"\(certificate.title)\" in \(file)", chain: nil, revocation: .off)
        }
    }

    private func verify(
        _ certificate: Certificate, _ proof: (PublicKey) throws(SignatureFailure) -> Void
    ) throws(CredentialRefusal) {
        let key: PublicKey
        switch certificate.publicKey {
        case .success(let found): key = found
        case .failure(let failure): throw .chain(ChainFailure(certificate, .unusableKey(failure)))
        }
        do throws(SignatureFailure) {
            try proof(key)
        } catch { throw .signature(error, of: "certificate \"\(certificate.title)\"") }
    }

    private func confirm(_ identity: Identity, _ certificate: Certificate) throws(CredentialRefusal) {
        guard !certificate.confirms(identity) else { return }
        throw .identity(
            identity, certificate: certificate.title,
            confirmed: certificate.confirmedIdentities.prefix(16).map(CredentialRefusal.text))
    }

    private func checkTime(_ certificate: Certificate, _ moment: Timestamp) throws(CredentialRefusal) {
        if moment < certificate.notBefore {
            throw .chain(ChainFailure(certificate, .notYetValid(until: certificate.notBefore)))
        }
        if certificate.notAfter < moment {
            throw .chain(ChainFailure(certificate, .expired(since: certificate.notAfter)))
        }
    }
}

extension RevocationCache {
    /// Keeps what a peer sent of CRLs and OCSP responses about a chain that is believed; what is not the issuers' is
    /// left alone.
    package mutating func add(
        presentedWith claim: PeerClaim, for chain: CertificateChain, at moment: Timestamp
    ) {
        for (certificate, issuer) in chain.links {
            for credential in claim.presented {
                switch credential {
                case .revocationList(let list): try? add(list, issuer: issuer, at: moment)
                case .ocsp(let response):
                    let request = OCSPRequest(
                        OCSPCertificateID(certificate, issuer: issuer), nonce: [])
                    try? add(response, to: request, issuer: issuer, at: moment)
                case .certificate, .rawKey, .useless: continue
                }
            }
        }
    }
}
