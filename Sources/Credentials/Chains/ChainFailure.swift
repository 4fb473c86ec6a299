package import ASN1
package import Calendar
package import Cryptography

/// Why a certificate is not believed: which one of its chain is at fault, and in what.
package struct ChainFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        case expired(since: Timestamp)
        case notYetValid(until: Timestamp)
        /// No certificate of the issuer is at hand.
        case unknownIssuer(DistinguishedName)
        /// It signed itself and is not among the trusted ones.
        case untrustedRoot
        case wrongSignature
        /// It signed another, and may not sign any.
        case notAnAuthority
        /// More certificates follow than it permits.
        case pathTooLong
        /// Its key usage leaves out what it does here; what it has.
        case keyUsage(KeyUsage)
        /// It is for other purposes alone.
        case purposes([ObjectIdentifier])
        case unusableKey(KeyFailure)
        case weak(SignatureFailure)
        /// Its authority may not name such subjects.
        case nameNotPermitted
        case unknownCriticalExtension(ObjectIdentifier?)
        case revoked(since: Timestamp, RevocationReason)
        /// Nothing says whether it is revoked, and the policy wants to know.
        case revocationUnknown(String)
        /// More certificates or more paths than are looked at.
        case tooMany(Int)
        /// libcrypto's words.
        case other(String)
    }

    /// How the certificate is named: its subject, or its serial number.
    package let certificate: String
    package let serialNumber: String
    package let reason: Reason

    init(_ certificate: Certificate, _ reason: Reason) {
        self.certificate = certificate.title
        serialNumber = certificate.serialText
        self.reason = reason
    }
}

extension ChainFailure: CustomStringConvertible {
    package var description: String {
        "certificate \"\(certificate)\" (serial \(serialNumber)) \(reason)"
    }
}

extension ChainFailure.Reason: CustomStringConvertible {
    /// The rest of a sentence about the certificate, with what to do.
    package var description: String {
        switch self {
        case .expired(let since): "expired at \(since); renew it, or check the clock"
        case .notYetValid(let until): "is not valid before \(until); check the clock of both hosts"
        case .unknownIssuer(let name):
            "was issued by \"\(name)\", whose certificate is not at hand; add it to the trusted certificates, or "
                + "have the peer send its intermediate certificates"
        case .untrustedRoot:
            "is a root that is not trusted here; add it to the trusted certificates if it should be"
        case .wrongSignature:
            "was not signed by the key of the issuer at hand; an old certificate of the same name may be in the way"
        case .notAnAuthority:
            "signed another one but may not (no CA:TRUE, or no keyCertSign); have the authority issue it anew"
        case .pathTooLong: "permits fewer certificates below it than there are; shorten the chain"
        case .keyUsage(let usage):
            "is for \(usage.bits.isEmpty ? "nothing" : "\(usage)") alone; IKE needs digitalSignature or nonRepudiation"
        case .purposes(let purposes):
            "is for other purposes (\(purposes.map(\.description).joined(separator: ", "))) alone; issue it with "
                + "ipsecIKE or without extended key usage"
                + (purposes.contains(where: KeyPurpose.tls.contains)
                    ? ", or take certificates for TLS (accept_tls_cert on)" : "")
        case .unusableKey(let failure): "has a key that is of no use: \(failure)"
        case .weak(let failure): "is too weak: \(failure)"
        case .nameNotPermitted:
            "has a name that an authority above it may not give (name constraints); issue it from another one"
        case .unknownCriticalExtension(let name):
            "has a critical extension that nobody here understands\(name.map { " (\($0))" } ?? "")"
        case .revoked(let since, let reason): "was revoked at \(since) (\(reason)); get a new one"
        case .revocationUnknown(let why):
            "may be revoked, \(why); make its CRL or OCSP responder reachable, or relax the revocation policy"
        case .tooMany(let most): "comes with more certificates or paths than the \(most) that are looked at"
        case .other(let words): "is refused: \(words)"
        }
    }
}
