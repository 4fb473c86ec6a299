package import ASN1
package import Calendar

/// Why a CRL or an OCSP response proves nothing.
package enum RevocationFailure: Error, Hashable, Sendable {
    case malformed(DERError)
    /// Octets beyond what is read; the limit.
    case tooLarge(Int)
    case signature(SignatureFailure)
    /// Signed by somebody the issuer of the certificate did not charge with it.
    case wrongSigner
    case stale(since: Timestamp)
    /// From the future: one of the clocks is wrong.
    case early(Timestamp)
    /// A form that is not understood here; names it.
    case unsupported(String)
    /// It says nothing about this certificate.
    case otherCertificate
    /// It says that our own certificate is revoked, or that nobody knows it.
    case notGood
    /// It answers another request than ours.
    case wrongNonce
    /// The responder refuses to answer; the status of RFC 6960 section 4.2.1.
    case responderStatus(Int)
}

extension RevocationFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let error): "it is malformed: \(error)"
        case .tooLarge(let most): "it has more than \(most) octets"
        case .signature(let failure): "its signature is refused: \(failure)"
        case .wrongSigner: "it is not signed by the issuer or a responder of the issuer's"
        case .stale(let since): "it was good until \(since)"
        case .early(let from): "it is dated \(from), in the future; check the clock"
        case .unsupported(let what): "\(what) is not understood here"
        case .otherCertificate: "it says nothing about the certificate"
        case .notGood: "it does not call the certificate good"
        case .wrongNonce: "it answers another request"
        case .responderStatus(let status): "the responder refuses with status \(status)"
        }
    }
}

/// For how long what was published counts.
package struct Freshness: Hashable, Sendable {
    package let from: Timestamp
    /// When the next edition is due; nil where none is announced.
    package let until: Timestamp?

    /// Seconds that clocks may differ.
    private static let skew: Int64 = 300
    /// Seconds for which a CRL counts that announces no next one.
    private static let listAge: Int64 = 7 * 86400
    /// The same of an OCSP response: its responder says that there is newer word at any time (RFC 6960 section 4.2.2.1).
    private static let responseAge: Int64 = 600

    private let age: Int64

    private init(_ from: Timestamp, _ until: Timestamp?, age: Int64) {
        (self.from, self.until, self.age) = (from, until, age)
    }

    static func list(from: Timestamp, until: Timestamp?) -> Freshness {
        Freshness(from, until, age: listAge)
    }

    static func response(from: Timestamp, until: Timestamp?) -> Freshness {
        Freshness(from, until, age: responseAge)
    }

    /// When it ceases to count.
    package var end: Timestamp { until ?? Timestamp(seconds: from.seconds + age) }

    func check(at moment: Timestamp) throws(RevocationFailure) {
        guard from.seconds <= moment.seconds + Self.skew else { throw .early(from) }
        guard moment.seconds <= end.seconds + Self.skew else { throw .stale(since: end) }
    }
}
