internal import ASN1
package import Calendar
internal import Cryptography

/// A certificate that is believed, and why: each one is signed by the next, and the last is trusted.
package struct CertificateChain: Hashable, Sendable {
    /// The peer's first, the anchor last.
    package let certificates: [Certificate]

    package var subject: Certificate { certificates[0] }
    package var anchor: Certificate { certificates[certificates.count - 1] }

    /// Each certificate that can be revoked, with the one that issued it; the subject first.
    package var links: [(certificate: Certificate, issuer: Certificate)] {
        zip(certificates, certificates.dropFirst()).map { ($0, $1) }
    }

    /// Finds a path from `subject` to one of `anchors` and validates it.
    ///
    /// All paths are tried: an authority may have several certificates, of which one is old or untrusted.
    ///
    /// - Parameters:
    ///   - intermediates: certificates of the peer and of files, in any order.
    ///   - moment: when all of them must be valid.
    /// - Throws: the failure of the path that came furthest.
    package init(
        for subject: Certificate, intermediates: [Certificate], anchors: [Certificate],
        at moment: Timestamp, policy: ChainPolicy = ChainPolicy()
    ) throws(ChainFailure) {
        try EndEntityRules.check(subject, policy)
        guard intermediates.count <= policy.mostCertificates else {
            throw ChainFailure(subject, .tooMany(policy.mostCertificates))
        }
        var search = PathSearch(
            intermediates: intermediates, anchors: anchors, moment: moment, policy: policy)
        guard let path = search.path(from: subject) else { throw search.failure(of: subject) }
        certificates = path
    }
}

/// What the certificate of somebody who speaks IKE must be like (RFC 4945 section 5.1.3).
private enum EndEntityRules {
    static func check(_ certificate: Certificate, _ policy: ChainPolicy) throws(ChainFailure) {
        if case .failure(let failure) = certificate.publicKey {
            throw ChainFailure(certificate, .unusableKey(failure))
        }
        let extensions = certificate.extensions
        if let usage = extensions.keyUsage, usage.isDisjoint(with: [.digitalSignature, .nonRepudiation]) {
            throw ChainFailure(certificate, .keyUsage(usage))
        }
        if let purposes = extensions.extendedKeyUsage, !isForIKE(purposes, policy) {
            throw ChainFailure(certificate, .purposes(purposes))
        }
    }

    private static func isForIKE(_ purposes: [ObjectIdentifier], _ policy: ChainPolicy) -> Bool {
        let welcome = [KeyPurpose.ipsecIKE, KeyPurpose.any]
        return purposes.contains { purpose in
            welcome.contains(purpose)
                || (policy.tlsPurposes == .tolerated && KeyPurpose.tls.contains(purpose))
        }
    }
}

/// The search for a path that validates, depth first.
private struct PathSearch {
    private let intermediates: [Certificate]
    private let anchors: [Certificate]
    private let moment: Timestamp
    private let policy: ChainPolicy
    private var validated = 0
    /// The failure of the longest path that was looked at.
    private var worst: (length: Int, failure: ChainFailure)?

    init(
        intermediates: [Certificate], anchors: [Certificate], moment: Timestamp, policy: ChainPolicy
    ) {
        self.intermediates = intermediates
        self.anchors = anchors
        self.moment = moment
        self.policy = policy
    }

    mutating func path(from subject: Certificate) -> [Certificate]? {
        extended([subject])
    }

    func failure(of subject: Certificate) -> ChainFailure {
        worst?.failure ?? ChainFailure(subject, .unknownIssuer(subject.issuer))
    }

    /// A valid path that starts with `path`, which has no anchor yet.
    private mutating func extended(_ path: [Certificate]) -> [Certificate]? {
        guard let last = path.last else { return nil }
        var isComplete = false
        for anchor in anchors where Self.mayIssue(anchor, last) && !path.contains(anchor) {
            isComplete = true
            guard validated < policy.mostPaths else {
                note(path.count, ChainFailure(last, .tooMany(policy.mostPaths)))
                return nil
            }
            validated += 1
            if isValid(path + [anchor]) { return path + [anchor] }
        }
        if path.count + 1 < policy.longestPath {
            for issuer in intermediates where Self.mayIssue(issuer, last) && !path.contains(issuer) {
                guard !anchors.contains(issuer) else { continue }
                isComplete = true
                if validated >= policy.mostPaths { return nil }
                if let found = extended(path + [issuer]) { return found }
            }
        }
        if !isComplete {
            validated += 1
            note(
                path.count,
                ChainFailure(last, last.isSelfIssued ? .untrustedRoot : .unknownIssuer(last.issuer)))
        }
        return nil
    }

    /// Whether the names, and the key's identifiers where both are known, say that one issued the other.
    private static func mayIssue(_ issuer: Certificate, _ certificate: Certificate) -> Bool {
        guard issuer.subject == certificate.issuer else { return false }
        guard let wanted = certificate.extensions.authorityKeyIdentifier,
            let found = issuer.extensions.subjectKeyIdentifier
        else { return true }
        return wanted == found
    }

    private mutating func isValid(_ path: [Certificate]) -> Bool {
        do throws(ChainFailure) {
            try validate(path)
            return true
        } catch {
            // A path with an anchor at its end says more than one without.
            note(path.count + policy.longestPath, error)
            return false
        }
    }

    private mutating func note(_ length: Int, _ failure: ChainFailure) {
        if let worst, worst.length >= length { return }
        worst = (length, failure)
    }

    private func validate(_ path: [Certificate]) throws(ChainFailure) {
        for certificate in path { try checkTime(certificate) }
        for certificate in path.dropFirst() { try checkAuthority(certificate) }
        for certificate in path { try checkStrength(certificate) }
        for certificate in path.dropLast() { try checkSignature(certificate) }
        do throws(PathValidation.Failure) {
            try PathValidation.validate(path.map(\.der))
        } catch {
            let index = min(error.index, path.count - 1)
            throw ChainFailure(path[index], reason(error.reason, path[index]))
        }
    }

    private func checkTime(_ certificate: Certificate) throws(ChainFailure) {
        if moment < certificate.notBefore {
            throw ChainFailure(certificate, .notYetValid(until: certificate.notBefore))
        }
        if certificate.notAfter < moment {
            throw ChainFailure(certificate, .expired(since: certificate.notAfter))
        }
    }

    private func checkAuthority(_ certificate: Certificate) throws(ChainFailure) {
        guard certificate.isAuthority, certificate.extensions.keyUsage?.contains(.keyCertSign) ?? true else {
            throw ChainFailure(certificate, .notAnAuthority)
        }
    }

    private func checkStrength(_ certificate: Certificate) throws(ChainFailure) {
        if let name = certificate.extensions.unknownCritical.first {
            throw ChainFailure(certificate, .unknownCriticalExtension(name))
        }
        switch certificate.publicKey {
        case .failure(let failure): throw ChainFailure(certificate, .unusableKey(failure))
        case .success(let key):
            if let weakness = policy.signatures.weakness(of: key.kind) {
                throw ChainFailure(certificate, .weak(weakness))
            }
        }
    }

    private func checkSignature(_ certificate: Certificate) throws(ChainFailure) {
        let scheme: SignatureScheme
        do {
            scheme = try SignatureScheme(certificate.signatureAlgorithm)
        } catch { throw ChainFailure(certificate, .weak(.algorithm(error))) }
        if let weakness = policy.signatures.weakness(of: scheme) {
            throw ChainFailure(certificate, .weak(weakness))
        }
    }

    private func reason(
        _ reason: PathValidation.Reason, _ certificate: Certificate
    ) -> ChainFailure.Reason {
        switch reason {
        case .issuerNotFound: .unknownIssuer(certificate.issuer)
        case .wrongSignature: .wrongSignature
        case .notAnAuthority, .mayNotSignCertificates: .notAnAuthority
        case .pathTooLong: .pathTooLong
        case .nameNotPermitted: .nameNotPermitted
        case .unknownCriticalExtension: .unknownCriticalExtension(nil)
        case .other(let words): .other(words)
        }
    }
}
