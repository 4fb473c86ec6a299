/// What a key signs with.
package enum KeyKind: Hashable, Sendable {
    /// The bits of the modulus.
    case rsa(bits: Int)
    case ecdsa(SignatureCurve)
    case ed25519
    case ed448

    package var isRSA: Bool {
        if case .rsa = self { true } else { false }
    }
}

extension KeyKind: CustomStringConvertible {
    /// `RSA 3072`, `ECDSA P-256`, `Ed25519`.
    package var description: String {
        switch self {
        case .rsa(let bits): "RSA \(bits)"
        case .ecdsa(let curve): "ECDSA \(curve.rawValue)"
        case .ed25519: "Ed25519"
        case .ed448: "Ed448"
        }
    }
}

/// Why a key cannot be used.
package enum KeyFailure: Error, Hashable, Sendable {
    /// The octets are no key; why.
    case malformed(String)
    /// A sound key of a kind that is not used for IKE, or that this libcrypto lacks; what it is.
    case unsupported(String)
    /// The numbers contradict each other, or are none that a generator makes; which.
    case unsound(String)
    /// The key is encrypted and no passphrase was given.
    case needsPassphrase
    /// The key is encrypted and does not open, most likely because of the passphrase.
    case wrongPassphrase
}

extension KeyFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let reason): "malformed key: \(reason)"
        case .unsupported(let what):
            "\(what) cannot be used here; use RSA, ECDSA on a NIST or Brainpool curve, Ed25519 or Ed448"
        case .unsound(let reason): "the key is unsound: \(reason)"
        case .needsPassphrase: "the key is encrypted; give its passphrase"
        case .wrongPassphrase: "the key does not open with this passphrase"
        }
    }
}
