package import Algorithms

/// How octets are signed.
package enum SignatureScheme: Hashable, Sendable {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
    case rsaPKCS1(HashFunction)
    /// The padding of PKCS #1 v1.5 around the octets themselves, as IKEv1 signs HASH_I (RFC 2409 section 5.1).
    case rsaPKCS1Unhashed
    /// RSASSA-PSS with MGF1 over the same hash (RFC 8017 section 8.1); the salt in octets.
    case rsaPSS(HashFunction, saltSize: Int)
    /// ECDSA; the signature is an Ecdsa-Sig-Value in DER (RFC 3279 section 2.2.3).
    case ecdsa(HashFunction)
    /// ECDSA over the octets themselves, cut to the size of the order, as IKEv1 signs HASH_I.
    case ecdsaUnhashed
    /// Ed25519 or Ed448 without prehash or context (RFC 8032), after the key.
    case edwards

    /// RSASSA-PSS with a salt as long as the hash.
    package static func rsaPSS(_ hash: HashFunction) -> SignatureScheme {
        .rsaPSS(hash, saltSize: hash.digestSize)
    }

    /// nil where the octets are signed without a hash, or the algorithm has its own.
    package var hash: HashFunction? {
        switch self {
        case .rsaPKCS1(let hash), .rsaPSS(let hash, _), .ecdsa(let hash): hash
        case .rsaPKCS1Unhashed, .ecdsaUnhashed, .edwards: nil
        }
    }

    /// Whether keys of this kind sign so.
    package func fits(_ kind: KeyKind) -> Bool {
        switch kind {
        case .rsa: isRSA
        case .ecdsa: isECDSA
        case .ed25519, .ed448: self == .edwards
        }
    }

    private var isRSA: Bool {
        switch self {
        case .rsaPKCS1, .rsaPKCS1Unhashed, .rsaPSS: true
        case .ecdsa, .ecdsaUnhashed, .edwards: false
        }
    }

    private var isECDSA: Bool {
        switch self {
        case .ecdsa, .ecdsaUnhashed: true
        case .rsaPKCS1, .rsaPKCS1Unhashed, .rsaPSS, .edwards: false
        }
    }
}

extension SignatureScheme: CustomStringConvertible {
    /// `RSA PKCS#1 v1.5 with sha256`, for people.
    package var description: String {
        switch self {
        case .rsaPKCS1(let hash): "RSA PKCS#1 v1.5 with \(hash.rawValue)"
        case .rsaPKCS1Unhashed: "RSA PKCS#1 v1.5 as of IKEv1"
        case .rsaPSS(let hash, _): "RSA-PSS with \(hash.rawValue)"
        case .ecdsa(let hash): "ECDSA with \(hash.rawValue)"
        case .ecdsaUnhashed: "ECDSA as of IKEv1"
        case .edwards: "EdDSA"
        }
    }
}
