internal import ASN1
package import Calendar
package import Credentials
internal import Cryptography

/// A certificate to put on a CRL.
package struct RevokedCertificate: Hashable, Sendable {
    /// Two's complement, most significant octet first.
    package var serialNumber: [UInt8]
    package var since: Timestamp
    package var reason: RevocationReason

    package init(serialNumber: [UInt8], since: Timestamp, reason: RevocationReason = .unspecified) {
        self.serialNumber = serialNumber
        self.since = since
        self.reason = reason
    }

    fileprivate var encoding: [UInt8] {
        let code = DER.element(.enumerated, [UInt8(truncatingIfNeeded: reason.rawValue)])
        let extensions = CertificateTemplate.Extension(ExtensionName.reasonCode, code)
        return DER.sequence(
            DER.element(.integer, serialNumber), DER.time(since),
            reason == .unspecified ? [] : DER.sequence(extensions.encoding))
    }
}

extension SigningAuthority {
    /// Signs a CRL, version 2.
    ///
    /// - Parameters:
    ///   - number: counts the editions.
    ///   - others: more extensions of the list.
    /// - Returns: the list in DER.
    package func revocationList(
        of revoked: [RevokedCertificate], number: Int, validity: CertificateTemplate.Validity,
        others: [CertificateTemplate.Extension] = []
    ) throws(IssueFailure) -> [UInt8] {
        let scheme = key.usualScheme
        guard let algorithm = scheme.identifier(for: key.kind) else {
            throw .signature(.noCommonScheme(key.kind))
        }
        let extensions =
            [
                CertificateTemplate.Extension(
                    ExtensionName.authorityKeyIdentifier,
                    DER.sequence(DER.element(.context(0), key.publicKey.keyIdentifier))),
                CertificateTemplate.Extension(ExtensionName.crlNumber, DER.integer(number)),
            ] + others
        let entries = revoked.isEmpty ? [] : DER.element(.sequence, revoked.flatMap(\.encoding))
        let signed = DER.sequence(
            DER.integer(1), algorithm.encoding, certificate.subject.der, DER.time(validity.from),
            DER.time(validity.until), entries,
            DER.explicit(0, DER.element(.sequence, extensions.flatMap(\.encoding))))
        do throws(SignatureFailure) {
            return try SignedStructure.signing(signed, with: key, scheme)
        } catch { throw .signature(error) }
    }
}
