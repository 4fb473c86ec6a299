internal import ASN1
internal import Algorithms
internal import Cryptography

/// Which certificate an OCSP request asks about (RFC 6960 section 4.1.1).
package struct OCSPCertificateID: Hashable, Sendable {
    private let hash: ObjectIdentifier
    private let issuerNameHash: [UInt8]
    private let issuerKeyHash: [UInt8]
    private let serialNumber: [UInt8]

    /// Hashes by SHA-1, which identifies and need not resist; every responder knows it.
    package init(_ certificate: Certificate, issuer: Certificate) {
        hash = HashFunction.sha1.objectIdentifier
        issuerNameHash = Digest.compute(.sha1, issuer.subject.der)
        issuerKeyHash = Digest.compute(.sha1, (try? issuer.publicKey.get())?.octets ?? [])
        serialNumber = certificate.serialNumber
    }

    init(from reader: inout DERReader) throws(DERError) {
        var inside = try reader.takeSequence()
        hash = try AlgorithmIdentifier(from: &inside).algorithm
        issuerNameHash = Array(try inside.takeOctetString())
        issuerKeyHash = Array(try inside.takeOctetString())
        serialNumber = Array(try inside.takeInteger())
        try inside.requireEnd()
    }

    var encoding: [UInt8] {
        DER.sequence(
            AlgorithmIdentifier(hash, parameters: AlgorithmIdentifier.null).encoding,
            DER.octetString(issuerNameHash), DER.octetString(issuerKeyHash),
            DER.element(.integer, serialNumber))
    }
}

/// A question to an OCSP responder.
package struct OCSPRequest: Hashable, Sendable {
    package let certificateID: OCSPCertificateID
    /// Unpredictable octets that the answer repeats, 1 to 32 (RFC 8954); empty for none.
    package let nonce: [UInt8]

    package init(_ certificateID: OCSPCertificateID, nonce: [UInt8]) {
        self.certificateID = certificateID
        self.nonce = nonce
    }

    /// What is posted as `application/ocsp-request`.
    package var encoding: [UInt8] {
        let list = DER.sequence(DER.sequence(certificateID.encoding))
        guard !nonce.isEmpty else { return DER.sequence(DER.sequence(list)) }
        let extensions = DER.sequence(
            DER.sequence(
                DER.objectIdentifier(ExtensionName.ocspNonce), DER.octetString(DER.octetString(nonce))))
        return DER.sequence(DER.sequence(list, DER.explicit(2, extensions)))
    }
}
