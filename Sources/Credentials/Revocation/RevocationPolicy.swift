package import Calendar

/// What it takes to believe a certificate not revoked.
package enum RevocationPolicy: String, Hashable, Sendable, CaseIterable {
    /// A CRL or an OCSP response must say so.
    case strict
    /// The same, for certificates that name where one is.
    case ifuri
    /// Only what is known to be revoked is refused.
    case relaxed
    /// Nothing is asked or looked at.
    case off
}

/// What is known about one certificate.
package enum RevocationStatus: Hashable, Sendable {
    /// By a CRL or an OCSP response that counts until then.
    case good(RevocationSource, until: Timestamp)
    case revoked(since: Timestamp, RevocationReason)
    /// Nothing is known; why, for people.
    case unknown(String)
}

/// Who says that a certificate is not revoked.
package enum RevocationSource: String, Hashable, Sendable {
    case crl = "CRL"
    case ocsp = "OCSP"
}

/// Something to fetch by HTTP; nothing is fetched here.
package enum RevocationFetch: Hashable, Sendable {
    /// A CRL that `issuer` publishes.
    case crl(location: String, issuer: Certificate)
    /// An answer to a request, posted.
    case ocsp(location: String, OCSPRequest, issuer: Certificate)

    package var location: String {
        switch self {
        case .crl(let location, _), .ocsp(let location, _, _): location
        }
    }

    /// Octets of the answer, at most.
    package var mostOctets: Int {
        switch self {
        case .crl: RevocationList.mostOctets
        case .ocsp: OCSPResponse.mostOctets
        }
    }
}
