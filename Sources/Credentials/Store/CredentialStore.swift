package import Cryptography

/// The keys and certificates of a configuration, as they were read last.
///
/// A value: whoever answers a peer has one that nobody changes meanwhile.
package struct CredentialStore: Sendable {
    /// What we sign with.
    package struct Own: Sendable {
        package enum Proof: Sendable {
            /// Ours first, then those that lead to an authority, without that.
            case certificates([Certificate])
            case rawKey
        }

        package let key: PrivateKey
        package let proof: Proof
        /// The key's file, for messages.
        package let file: String
        /// Hashes of the authorities that the certificates lead to (RFC 7296 section 3.7).
        package let authorities: Set<[UInt8]>
        /// Who issued our certificate; nil where that is not at hand.
        package let issuer: Certificate?

        /// - Parameter anchors: among them are those that the certificates may lead to.
        package init(key: PrivateKey, proof: Proof, file: String, anchors: [Certificate] = []) {
            self.key = key
            self.proof = proof
            self.file = file
            guard case .certificates(let path) = proof, let last = path.last else {
                authorities = []
                issuer = nil
                return
            }
            let above = anchors.filter { $0.isAuthority && $0.subject == last.issuer }
            issuer = path.dropFirst().first ?? above.first
            authorities = Set((path.filter(\.isAuthority) + above).map(\.authorityHash))
        }

        package var certificate: Certificate? {
            if case .certificates(let certificates) = proof { certificates.first } else { nil }
        }
    }

    /// What the peer must have.
    package enum Pinned: Sendable {
        case certificate(Certificate, file: String)
        case rawKey(PublicKey, file: String)
    }

    /// What one peer policy uses.
    package struct Peer: Sendable {
        package var plan: PeerCredentialPlan
        /// nil where none is configured.
        package var own: Result<Own, CredentialRefusal>?
        /// What else we could prove who we are with, the preferred first.
        package var alternatives: [Own] = []
        package var pinned: Result<Pinned, CredentialRefusal>?
        /// Trusted.
        package var authorities: [Certificate]

        package init(plan: PeerCredentialPlan, authorities: [Certificate] = []) {
            self.plan = plan
            self.authorities = authorities
        }
    }

    package var peers: [String: Peer]
    /// What completes chains, and is not trusted by itself.
    package var others: [Certificate]
    /// The folder of certificates, for messages.
    package var folder: String
    package var chainPolicy: ChainPolicy

    package init(
        peers: [String: Peer] = [:], others: [Certificate] = [], folder: String = "",
        chainPolicy: ChainPolicy = ChainPolicy()
    ) {
        self.peers = peers
        self.others = others
        self.folder = folder
        self.chainPolicy = chainPolicy
    }

    /// What we prove who we are with.
    package func own(for peer: String) throws(CredentialRefusal) -> Own {
        guard let known = peers[peer] else { throw .unknownPeer(peer) }
        guard let own = known.own else { throw .nothingToSignWith(origin: known.plan.origin) }
        return try own.get()
    }

    /// What a peer asks of our proof.
    package struct Wish: Sendable {
        /// Hashes of the authorities that it believes; empty where it does not say.
        package var authorities: [[UInt8]]
        /// Whether only RSA will do, as in IKEv1.
        package var needsRSA: Bool
        /// Who we say that we are; nil where that is not stated.
        package var identity: Identity?

        package init(authorities: [[UInt8]], needsRSA: Bool = false, identity: Identity? = nil) {
            self.authorities = authorities
            self.needsRSA = needsRSA
            self.identity = identity
        }
    }

    /// What fits the peer's wish best: the first of all that fit, and the first that is configured where none does.
    package func own(for peer: String, wish: Wish) throws(CredentialRefusal) -> Own {
        let first = try own(for: peer)
        let others = peers[peer]?.alternatives ?? []
        guard !others.isEmpty else { return first }
        let usable = ([first] + others).filter { wish.canUse($0) }
        return usable.first { wish.isBelieved($0) } ?? usable.first ?? first
    }

    /// Who we are by our certificate, where the configuration leaves it to that.
    package func ownIdentity(for peer: String) -> Identity? {
        guard let known = peers[peer], known.plan.identity != .stated,
            case .success(let own)? = known.own, let certificate = own.certificate,
            !certificate.subject.isEmpty
        else { return nil }
        return .distinguishedName(certificate.subject.der)
    }

    /// Whether a peer is asked for what a responder says of its certificate: where that may matter.
    package func requestsResponses(of peer: String) -> Bool {
        !requestedAuthorities(of: peer).isEmpty && peers[peer]?.plan.revocation != .off
    }

    /// Hashes of the authorities that a peer is asked for a certificate of (RFC 7296 section 3.7).
    package func requestedAuthorities(of peer: String) -> [[UInt8]] {
        guard let known = peers[peer], known.plan.requests == .on, known.pinned == nil else { return [] }
        return Set(known.authorities.map(\.authorityHash)).sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// What peers would object to in our own identity; nil where there is nothing.
    package func objection(to identity: Identity, for peer: String) -> String? {
        guard case .success(let own)? = peers[peer]?.own, let certificate = own.certificate,
            !certificate.confirms(identity)
        else { return nil }
        let confirmed = certificate.confirmedIdentities.map(CredentialRefusal.text).joined(separator: "; ")
        return
            "\(peers[peer]?.plan.origin ?? peer): we say that we are \(CredentialRefusal.text(identity)), which our "
            + "certificate \"\(certificate.title)\" does not confirm, so that peers will refuse it; set my_identifier "
            + "to one of: \(confirmed)"
    }

    /// `certificate` and those among `others` that lead from it towards an authority, which itself is left out.
    package static func path(
        from certificate: Certificate, among others: [Certificate], most: Int = 8
    ) -> [Certificate] {
        var path = [certificate]
        while path.count < most, let last = path.last, !last.isSelfIssued {
            let issuer = others.first { candidate in
                candidate.subject == last.issuer && candidate.isAuthority && !candidate.isSelfIssued
                    && !path.contains(candidate) && candidate.mayHaveIssued(last)
            }
            guard let issuer else { break }
            path.append(issuer)
        }
        return path
    }
}

extension CredentialStore.Wish {
    fileprivate func canUse(_ own: CredentialStore.Own) -> Bool {
        if needsRSA, !own.key.kind.isRSA { return false }
        guard let identity, let certificate = own.certificate else { return true }
        return certificate.confirms(identity)
    }

    fileprivate func isBelieved(_ own: CredentialStore.Own) -> Bool {
        authorities.isEmpty || authorities.contains { own.authorities.contains($0) }
    }
}

extension Certificate {
    /// Whether the key's identifiers say so, where both are known.
    fileprivate func mayHaveIssued(_ certificate: Certificate) -> Bool {
        guard let wanted = certificate.extensions.authorityKeyIdentifier,
            let found = extensions.subjectKeyIdentifier
        else { return true }
        return wanted == found
    }
}
