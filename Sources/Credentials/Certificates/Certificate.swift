package import ASN1
internal import Algorithms
package import Calendar
package import Cryptography

/// An X.509 certificate (RFC 5280), read and not yet believed.
package struct Certificate: Sendable {
    package let der: [UInt8]
    /// Two's complement, most significant octet first.
    package let serialNumber: [UInt8]
    package let issuer: DistinguishedName
    package let subject: DistinguishedName
    package let notBefore: Timestamp
    /// The last second in which it is valid.
    package let notAfter: Timestamp
    /// Its key, or why that is of no use.
    package let publicKey: Result<PublicKey, KeyFailure>
    package let subjectPublicKeyInfo: [UInt8]
    package let signatureAlgorithm: AlgorithmIdentifier
    package let extensions: CertificateExtensions

    /// Octets of a certificate, at most.
    package static let mostOctets = 65536

    /// Reads one certificate in DER, to its last octet.
    package init(der: [UInt8]) throws(DERError) {
        guard der.count <= Self.mostOctets else {
            throw .outOfRange("a certificate of \(der.count) octets")
        }
        var outer = DERReader(der)
        var whole = try outer.takeSequence()
        try outer.requireEnd()
        var signed = try whole.takeSequence()
        signatureAlgorithm = try AlgorithmIdentifier(from: &whole)
        _ = try whole.takeWholeBits()
        try whole.requireEnd()

        let version = try Self.takeVersion(&signed)
        serialNumber = Array(try signed.takeInteger())
        guard try AlgorithmIdentifier(from: &signed) == signatureAlgorithm else {
            throw .notCanonical("two different names of the signature algorithm")
        }
        issuer = try DistinguishedName(from: &signed)
        var validity = try signed.takeSequence()
        notBefore = try validity.takeTime()
        notAfter = try validity.takeTime()
        try validity.requireEnd()
        subject = try DistinguishedName(from: &signed)
        let key = Array(try signed.take(.sequence).encoding)
        subjectPublicKeyInfo = key
        publicKey = Self.key(key)
        extensions = try Self.takeExtensions(&signed, version: version)
        self.der = der
    }

    private static func key(_ der: [UInt8]) -> Result<PublicKey, KeyFailure> {
        do throws(KeyFailure) {
            return .success(try PublicKey(subjectPublicKeyInfo: der))
        } catch {
            return .failure(error)
        }
    }

    private static func takeVersion(_ signed: inout DERReader) throws(DERError) -> Int {
        guard var version = try signed.takeIfPresent(.constructed(0))?.reader else { return 0 }
        let number = try version.takeSmallInteger()
        try version.requireEnd()
        guard (1...2).contains(number) else { throw .outOfRange("the version of a certificate") }
        return number
    }

    private static func takeExtensions(
        _ signed: inout DERReader, version: Int
    ) throws(DERError) -> CertificateExtensions {
        // issuerUniqueID and subjectUniqueID, which nobody uses.
        _ = try signed.takeIfPresent(.context(1))
        _ = try signed.takeIfPresent(.context(2))
        guard var tagged = try signed.takeIfPresent(.constructed(3))?.reader else {
            try signed.requireEnd()
            return CertificateExtensions()
        }
        guard version == 2 else { throw .notCanonical("extensions in a certificate older than version 3") }
        let inside = try tagged.takeSequence()
        try tagged.requireEnd()
        try signed.requireEnd()
        return try CertificateExtensions(inside)
    }
}

extension Certificate {
    /// Whether it names itself as its issuer.
    package var isSelfIssued: Bool { issuer == subject }

    /// Whether it may sign other certificates.
    package var isAuthority: Bool { extensions.basicConstraints?.isAuthority == true }

    /// SHA-256 over the whole certificate: `AB:CD:…`.
    package var fingerprint: String {
        Digest.compute(.sha256, der).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
            .joined(separator: ":")
    }

    /// The serial number in hexadecimal: `01:AB`.
    package var serialText: String { Self.serialText(serialNumber) }

    static func serialText(_ octets: [UInt8]) -> String {
        octets.prefix(32).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
            .joined(separator: ":")
    }

    /// SHA-1 over the SubjectPublicKeyInfo: how CERTREQ names a trusted authority (RFC 7296 section 3.7).
    package var authorityHash: [UInt8] { Digest.compute(.sha1, subjectPublicKeyInfo) }

    /// How it is named in messages: the subject, or the serial number where that is empty.
    package var title: String { subject.isEmpty ? "serial \(serialText)" : "\(subject)" }
}

extension Certificate: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.der == right.der }

    package func hash(into hasher: inout Hasher) { hasher.combine(der) }
}
