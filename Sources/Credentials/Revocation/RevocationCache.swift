package import Calendar

/// CRLs and OCSP answers that were believed when they came.
///
/// Bounded in number and octets: what was added longest ago goes first.
package struct RevocationCache: Sendable {
    private struct Listed: Sendable {
        let issuerKey: [UInt8]
        let list: RevocationList
    }

    private struct Answered: Sendable {
        let issuerKey: [UInt8]
        let certificateID: OCSPCertificateID
        let status: OCSPResponse.Status
        let freshness: Freshness
    }

    private let mostOctets: Int
    private let mostAnswers: Int
    /// Oldest first.
    private var lists: [Listed] = []
    private var answers: [Answered] = []

    /// - Parameters:
    ///   - mostOctets: of all CRLs together.
    ///   - mostAnswers: of OCSP.
    package init(mostOctets: Int = 32 << 20, mostAnswers: Int = 4096) {
        self.mostOctets = mostOctets
        self.mostAnswers = mostAnswers
    }

    /// Octets of the CRLs held.
    package var octets: Int { lists.reduce(0) { $0 + $1.list.size } }
    package var listCount: Int { lists.count }
    package var answerCount: Int { answers.count }

    /// Keeps a CRL, once it is seen to be the issuer's and to count now; an older edition of one that is here is let go.
    package mutating func add(
        _ list: RevocationList, issuer: Certificate, at moment: Timestamp,
        policy: SignaturePolicy = SignaturePolicy()
    ) throws(RevocationFailure) {
        try list.verify(issuer: issuer, at: moment, policy: policy)
        let key = issuer.subjectPublicKeyInfo
        if lists.contains(where: { $0.issuerKey == key && $0.list.isNewer(than: list) }) { return }
        lists.removeAll { $0.issuerKey == key && $0.list.hasScope(of: list) }
        lists.append(Listed(issuerKey: key, list: list))
        while octets > mostOctets { lists.removeFirst() }
    }

    /// Keeps what an OCSP response says about the certificate of `request`, once it is believed.
    package mutating func add(
        _ response: OCSPResponse, to request: OCSPRequest, issuer: Certificate, at moment: Timestamp,
        policy: SignaturePolicy = SignaturePolicy()
    ) throws(RevocationFailure) {
        let (status, freshness) = try response.status(
            for: request, issuer: issuer, at: moment, policy: policy)
        let key = issuer.subjectPublicKeyInfo
        let known = answers.firstIndex { $0.issuerKey == key && $0.certificateID == request.certificateID }
        if let known {
            guard answers[known].freshness.from <= freshness.from else { return }
            answers.remove(at: known)
        }
        answers.append(
            Answered(
                issuerKey: key, certificateID: request.certificateID, status: status, freshness: freshness))
        if answers.count > mostAnswers { answers.removeFirst() }
    }

    /// Lets go of what no longer counts.
    package mutating func expire(at moment: Timestamp) {
        lists.removeAll { $0.list.freshness.end < moment }
        answers.removeAll { $0.freshness.end < moment }
    }

    /// What is known about a certificate; whoever says that it is revoked is right.
    package func status(
        of certificate: Certificate, issuer: Certificate, at moment: Timestamp
    ) -> RevocationStatus {
        let found = [answer(certificate, issuer, moment), listed(certificate, issuer, moment)]
        return found.first { if case .revoked? = $0 { true } else { false } }.flatMap { $0 }
            ?? found.compactMap { $0 }.first ?? .unknown("no current CRL or OCSP answer is at hand")
    }

    private func answer(
        _ certificate: Certificate, _ issuer: Certificate, _ moment: Timestamp
    ) -> RevocationStatus? {
        let wanted = OCSPCertificateID(certificate, issuer: issuer)
        let known = answers.first {
            $0.issuerKey == issuer.subjectPublicKeyInfo && $0.certificateID == wanted
                && moment <= $0.freshness.end
        }
        guard let known else { return nil }
        switch known.status {
        case .good: return .good(.ocsp, until: known.freshness.end)
        case .revoked(let since, let reason): return .revoked(since: since, reason)
        case .unknown: return nil
        }
    }

    private func listed(
        _ certificate: Certificate, _ issuer: Certificate, _ moment: Timestamp
    ) -> RevocationStatus? {
        var status: RevocationStatus?
        for known in lists where known.issuerKey == issuer.subjectPublicKeyInfo {
            let list = known.list
            guard list.covers(certificate), moment <= list.freshness.end else { continue }
            if let entry = list.entry(for: certificate) {
                return .revoked(since: entry.since, entry.reason)
            }
            status = .good(.crl, until: list.freshness.end)
        }
        return status
    }
}
