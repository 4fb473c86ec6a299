import ASN1
import Calendar
import CertificateAuthority
import Credentials
import Cryptography
import KeyMaterial
import TestSupport

/// Certificates made for a test, at a fixed time.
struct TestAuthority {
    static let now = Timestamp(seconds: 1_795_262_400)
    static let day: Int64 = 86400
    static let validity = CertificateTemplate.Validity(
        from: Timestamp(seconds: now.seconds - day), days: 3650)
    /// One key for whatever needs a key and no particular one.
    static let key = Result { try PrivateKey.generate(.ecdsa(.p256)) }

    var random = FixedRandom(seed: 5)

    static func validity(from: Int64, days: Int64) -> CertificateTemplate.Validity {
        CertificateTemplate.Validity(from: Timestamp(seconds: now.seconds + from * day), days: days)
    }

    mutating func root(_ name: String = "O=Example, CN=root") throws -> SigningAuthority {
        try .root(
            DistinguishedName(name), PrivateKey.generate(.ecdsa(.p256)), Self.validity, random: &random)
    }

    mutating func below(
        _ authority: SigningAuthority, _ name: String, pathLength: Int? = nil,
        _ change: (inout CertificateTemplate) throws -> Void = { _ in }
    ) throws -> SigningAuthority {
        let key = try PrivateKey.generate(.ecdsa(.p256))
        var template = CertificateTemplate.authority(
            try DistinguishedName(name), key.publicKey, Self.validity, pathLength: pathLength)
        try change(&template)
        return try SigningAuthority(authority.issue(template, random: &random), key)
    }

    mutating func peer(
        _ authority: SigningAuthority, scheme: SignatureScheme? = nil,
        _ change: (inout CertificateTemplate) throws -> Void = { _ in }
    ) throws -> Certificate {
        var template = CertificateTemplate.peer(
            try DistinguishedName("C=CH, O=Example, CN=peer"), try Self.key.get().publicKey, Self.validity,
            names: [.dns("peer.example.org")])
        try change(&template)
        return try authority.issue(template, scheme: scheme, random: &random)
    }
}
