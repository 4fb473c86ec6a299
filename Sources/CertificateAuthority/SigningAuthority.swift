internal import ASN1
internal import Algorithms
internal import Calendar
package import Credentials
package import Cryptography

/// Why nothing was signed.
package enum IssueFailure: Error, Hashable, Sendable {
    /// The key is not that of the certificate.
    case keyMismatch
    /// The certificate may not sign others.
    case notAnAuthority
    case signature(SignatureFailure)
    /// What was made does not read as a certificate: a field of the template cannot be written.
    case unreadable(String)
}

extension IssueFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .keyMismatch:
            "the private key does not belong to the authority's certificate; give the pair that was made together"
        case .notAnAuthority: "the certificate may not sign others; use one with CA:TRUE and keyCertSign"
        case .signature(let failure): "\(failure)"
        case .unreadable(let reason): "the certificate would not be readable: \(reason)"
        }
    }
}

/// An authority of a small PKI: a certificate that signs others, and its key.
package struct SigningAuthority: Sendable {
    package let certificate: Certificate
    package let key: PrivateKey

    /// Takes an authority that exists.
    package init(_ certificate: Certificate, _ key: PrivateKey) throws(IssueFailure) {
        guard certificate.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo else {
            throw .keyMismatch
        }
        guard certificate.isAuthority, certificate.extensions.keyUsage?.contains(.keyCertSign) ?? true else {
            throw .notAnAuthority
        }
        self.certificate = certificate
        self.key = key
    }

    /// Makes a root, which signs itself.
    package static func root(
        _ subject: DistinguishedName, _ key: PrivateKey, _ validity: CertificateTemplate.Validity,
        random: inout some RandomSource
    ) throws(IssueFailure) -> SigningAuthority {
        let template = CertificateTemplate.authority(subject, key.publicKey, validity)
        let issuer = Issuer(name: subject, key: key)
        return try SigningAuthority(issuer.certificate(template, nil, random: &random), key)
    }

    /// Signs a certificate.
    ///
    /// - Parameter scheme: how, where it is not the usual way of the authority's key.
    package func issue(
        _ template: CertificateTemplate, scheme: SignatureScheme? = nil, random: inout some RandomSource
    ) throws(IssueFailure) -> Certificate {
        try Issuer(name: certificate.subject, key: key).certificate(template, scheme, random: &random)
    }

    /// Signs a certificate for an authority below this one.
    package func subordinate(
        _ subject: DistinguishedName, _ key: PrivateKey, _ validity: CertificateTemplate.Validity,
        pathLength: Int? = 0, random: inout some RandomSource
    ) throws(IssueFailure) -> SigningAuthority {
        let template = CertificateTemplate.authority(subject, key.publicKey, validity, pathLength: pathLength)
        return try SigningAuthority(issue(template, random: &random), key)
    }
}

/// Who signs.
private struct Issuer {
    let name: DistinguishedName
    let key: PrivateKey

    func certificate(
        _ template: CertificateTemplate, _ scheme: SignatureScheme?, random: inout some RandomSource
    ) throws(IssueFailure) -> Certificate {
        let scheme = scheme ?? key.usualScheme
        guard let algorithm = scheme.identifier(for: key.kind) else {
            throw .signature(.noCommonScheme(key.kind))
        }
        // Version 3; 127 bits of randomness, the first octet neither negative nor zero.
        var serial = random.bytes(count: 16)
        serial[0] = serial[0] & 0x7f | 0x40
        let signed = DER.sequence(
            DER.explicit(0, DER.integer(2)), DER.integer(magnitude: serial), algorithm.encoding, name.der,
            DER.sequence(DER.time(template.validity.from), DER.time(template.validity.until)),
            template.subject.der, template.key.subjectPublicKeyInfo,
            DER.explicit(3, template.extensions(issuerKeyIdentifier: key.publicKey.keyIdentifier)))
        let der: [UInt8]
        do throws(SignatureFailure) {
            der = try SignedStructure.signing(signed, with: key, scheme)
        } catch { throw .signature(error) }
        do throws(DERError) {
            return try Certificate(der: der)
        } catch { throw .unreadable(error.description) }
    }
}

extension PrivateKey {
    /// How an authority with this key signs.
    package var usualScheme: SignatureScheme {
        switch kind {
        case .rsa: .rsaPKCS1(.sha256)
        case .ecdsa(let curve): .ecdsa(curve.hash)
        case .ed25519, .ed448: .edwards
        }
    }
}

extension PublicKey {
    /// SHA-1 over the octets of the key, which names it in certificates (RFC 5280 section 4.2.1.2).
    package var keyIdentifier: [UInt8] { Digest.compute(.sha1, octets) }
}
