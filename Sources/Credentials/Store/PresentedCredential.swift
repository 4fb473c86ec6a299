internal import ASN1
package import Cryptography

/// What a certificate payload holds, read and not yet believed.
package enum PresentedCredential: Sendable {
    case certificate(Certificate)
    /// RFC 7670.
    case rawKey(PublicKey)
    case revocationList(RevocationList)
    /// RFC 4806.
    case ocsp(OCSPResponse)
    /// Of no use; why.
    case useless(String)

    /// What the encodings are numbered by IANA (RFC 7296 section 3.6, RFC 4806, RFC 7670).
    package enum Encoding {
        package static let x509Signature: UInt8 = 4
        package static let revocationList: UInt8 = 7
        package static let ocspContent: UInt8 = 14
        package static let rawPublicKey: UInt8 = 15
    }

    /// Reads what is encoded so; never fails, as one bad certificate must not spoil the others.
    package init(encoding: UInt8, octets: [UInt8]) {
        do {
            switch encoding {
            case Encoding.x509Signature: self = .certificate(try Certificate(der: octets))
            case Encoding.rawPublicKey: self = .rawKey(try PublicKey(subjectPublicKeyInfo: octets))
            case Encoding.revocationList: self = .revocationList(try RevocationList(der: octets))
            case Encoding.ocspContent: self = .ocsp(try OCSPResponse(der: octets))
            // An open registry.
            default:
                self = .useless("a certificate payload of the encoding \(encoding) is not understood here")
            }
        } catch {
            self = .useless("a certificate payload of \(octets.count) octets: \(error)")
        }
    }
}
