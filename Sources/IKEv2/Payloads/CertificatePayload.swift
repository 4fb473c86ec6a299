import ISAKMP
import Wire

/// How a certificate payload's content is to be read: an open set (RFC 7296 section 3.6).
package struct CertificateEncoding: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// One X.509 certificate, DER.
    package static let x509Signature = CertificateEncoding(rawValue: 4)
    package static let revocationList = CertificateEncoding(rawValue: 7)
    /// A SHA-1 hash, then the address of a certificate.
    package static let hashAndURL = CertificateEncoding(rawValue: 12)
    package static let hashAndURLOfBundle = CertificateEncoding(rawValue: 13)
    /// RFC 4806.
    package static let ocspContent = CertificateEncoding(rawValue: 14)
    /// A SubjectPublicKeyInfo alone (RFC 7670).
    package static let rawPublicKey = CertificateEncoding(rawValue: 15)
}

/// A certificate or what stands for one (RFC 7296 section 3.6): an encoding and octets.
package struct CertificatePayload: Hashable, Sendable {
    package var encoding: CertificateEncoding
    package var content: [UInt8]

    package init(_ encoding: CertificateEncoding, _ content: [UInt8]) {
        self.encoding = encoding
        self.content = content
    }

    init(body: Span<UInt8>) throws(MessageError) {
        self = try MessageError.reading(.certificate, body) { rest throws(WireError) in
            CertificatePayload(
                CertificateEncoding(rawValue: try rest.takeUInt8()), rest.takeRemainingBytes())
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.put(encoding.rawValue)
        writer.put(content)
    }
}

/// Which certificates the sender could believe (RFC 7296 section 3.7).
package struct CertificateRequestPayload: Hashable, Sendable {
    package var encoding: CertificateEncoding
    /// Octets of one of `authorities`.
    static let hashSize = 20
    /// For X.509, SHA-1 hashes of authorities' public keys one after the other; any number.
    package var authorities: [UInt8]

    package init(_ encoding: CertificateEncoding, authorities: [UInt8]) {
        self.encoding = encoding
        self.authorities = authorities
    }

    init(body: Span<UInt8>) throws(MessageError) {
        self = try MessageError.reading(.certificateRequest, body) { rest throws(WireError) in
            CertificateRequestPayload(
                CertificateEncoding(rawValue: try rest.takeUInt8()), authorities: rest.takeRemainingBytes())
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.put(encoding.rawValue)
        writer.put(authorities)
    }
}
