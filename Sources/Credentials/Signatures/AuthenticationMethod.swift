package import Algorithms
internal import Cryptography

/// How an AUTH payload is computed, by IANA's numbers of IKEv2.
package struct AuthenticationMethod: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// RSASSA-PKCS1-v1_5 (RFC 7296 section 2.15).
    package static let rsa = AuthenticationMethod(rawValue: 1)
    package static let sharedKey = AuthenticationMethod(rawValue: 2)
    /// ECDSA on P-256 with SHA-256 (RFC 4754).
    package static let ecdsa256 = AuthenticationMethod(rawValue: 9)
    package static let ecdsa384 = AuthenticationMethod(rawValue: 10)
    package static let ecdsa521 = AuthenticationMethod(rawValue: 11)
    package static let null = AuthenticationMethod(rawValue: 13)
    /// A signature of any kind, which says what it is (RFC 7427).
    package static let digitalSignature = AuthenticationMethod(rawValue: 14)

    /// The curve of a method of RFC 4754.
    var curve: SignatureCurve? {
        switch self {
        case .ecdsa256: .p256
        case .ecdsa384: .p384
        case .ecdsa521: .p521
        // An open registry.
        default: nil
        }
    }
}

extension AuthenticationMethod: CustomStringConvertible {
    package var description: String {
        switch self {
        case .rsa: "RSA signature"
        case .sharedKey: "pre-shared key"
        case .ecdsa256: "ECDSA-256"
        case .ecdsa384: "ECDSA-384"
        case .ecdsa521: "ECDSA-521"
        case .null: "NULL authentication"
        case .digitalSignature: "digital signature"
        // An open registry.
        default: "authentication method \(rawValue)"
        }
    }
}

/// Hashes by the numbers of SIGNATURE_HASH_ALGORITHMS (RFC 7427 section 7, RFC 8420).
package enum SignatureHash: UInt16, Hashable, Sendable, CaseIterable {
    case sha1 = 1
    case sha256 = 2
    case sha384 = 3
    case sha512 = 4
    /// The message itself, which Ed25519 and Ed448 sign.
    case identity = 5

    package init?(_ hash: HashFunction) {
        switch hash {
        case .sha1: self = .sha1
        case .sha256: self = .sha256
        case .sha384: self = .sha384
        case .sha512: self = .sha512
        case .md5, .ripemd160, .sm3: return nil
        }
    }
}

extension SignaturePolicy {
    /// What to announce in SIGNATURE_HASH_ALGORITHMS, strongest first.
    package var announcedHashes: [SignatureHash] {
        SignatureHash.allCases.reversed().filter {
            $0 == .identity || hashes.compactMap(SignatureHash.init).contains($0)
        }
    }
}
