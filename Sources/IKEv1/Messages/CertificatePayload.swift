import ISAKMP
import Wire

/// A certificate, or a wish for one (RFC 2408 sections 3.9 and 3.10): an encoding and octets.
package struct CertificatePayload: Hashable, Sendable {
    /// An X.509 certificate for signatures.
    static let x509: UInt8 = 4
    /// 4 is an X.509 certificate for signatures, 7 a revocation list.
    package var encoding: UInt8
    /// The certificate; in a request the name of the authority, or nothing for any.
    package var content: [UInt8]

    package init(encoding: UInt8, content: [UInt8]) {
        self.encoding = encoding
        self.content = content
    }

    /// - Parameter type: which of the two payloads the body is from, for the error.
    init(body: Span<UInt8>, type: PayloadType) throws(MessageError) {
        self = try MessageError.reading(type, body) { rest throws(WireError) in
            CertificatePayload(encoding: try rest.takeUInt8(), content: rest.takeRemainingBytes())
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.put(encoding)
        writer.put(content)
    }
}
