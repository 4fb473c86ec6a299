package import Calendar

/// What responders said of our own certificates, to be handed to peers that ask for it (RFC 4806).
package struct OwnResponses: Sendable {
    private struct Kept: Sendable {
        let der: [UInt8]
        let end: Timestamp
    }

    private var kept: [OCSPCertificateID: Kept] = [:]

    /// Seconds before its end in which a response is asked for anew.
    private static let lead: Int64 = 3600
    private static let most = 64

    package init() {}

    /// The response that a peer gets; nil where none counts at the moment.
    package func current(_ id: OCSPCertificateID, at moment: Timestamp) -> [UInt8]? {
        guard let known = kept[id], moment <= known.end else { return nil }
        return known.der
    }

    /// Whether it is time to ask.
    package func isDue(_ id: OCSPCertificateID, at moment: Timestamp) -> Bool {
        guard let known = kept[id] else { return true }
        return known.end.seconds - moment.seconds < Self.lead
    }

    /// Keeps a response if it says that the certificate is good.
    ///
    /// - Parameter request: without a nonce, so that the response is good for anybody.
    package mutating func add(
        _ der: [UInt8], to request: OCSPRequest, issuer: Certificate, at moment: Timestamp
    ) throws(RevocationFailure) {
        let (status, freshness) = try OCSPResponse(der: der).status(
            for: request, issuer: issuer, at: moment, policy: SignaturePolicy())
        guard status == .good else { throw .notGood }
        if kept.count >= Self.most { kept = [:] }
        kept[request.certificateID] = Kept(der: der, end: freshness.end)
    }
}
