package import Algorithms
package import Cryptography

/// Which signatures are strong enough.
package struct SignaturePolicy: Hashable, Sendable {
    /// Bits of an RSA modulus, at least.
    package var minimumRSABits: Int
    /// Hashes that may be signed; Ed25519 and Ed448 have their own and are always welcome.
    package var hashes: Set<HashFunction>

    package init(minimumRSABits: Int = 2048, hashes: Set<HashFunction> = [.sha256, .sha384, .sha512]) {
        self.minimumRSABits = minimumRSABits
        self.hashes = hashes
    }

    /// Why a key may not be used; nil if it may.
    package func weakness(of kind: KeyKind) -> SignatureFailure? {
        guard case .rsa(let bits) = kind, bits < minimumRSABits else { return nil }
        return .keyTooShort(bits: bits, minimum: minimumRSABits)
    }

    /// Why a way to sign may not be used; nil if it may.
    package func weakness(of scheme: SignatureScheme) -> SignatureFailure? {
        guard let hash = scheme.hash, !hashes.contains(hash) else { return nil }
        return .weakHash(hash)
    }
}

/// Why a signature was not made or not accepted.
package enum SignatureFailure: Error, Hashable, Sendable {
    /// The authentication data has not the form of its method; why.
    case malformed(String)
    case algorithm(SignatureIdentifierFailure)
    case weakHash(HashFunction)
    case keyTooShort(bits: Int, minimum: Int)
    /// The method is not one of signatures, or another kind of key signs so.
    case wrongMethod(AuthenticationMethod, KeyKind)
    /// The signature was not made over these octets with this key.
    case mismatch
    /// Keys of this kind sign in no way that the peer announced and the policy permits.
    case noCommonScheme(KeyKind)
    /// libcrypto does not sign so with this key.
    case refused(KeyKind)
}

extension SignatureFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let reason): "malformed authentication data: \(reason)"
        case .algorithm(let failure): failure.description
        case .weakHash(let hash):
            "a signature over \(hash.rawValue), which the policy does not permit; have it signed with sha256 or "
                + "better, or permit \(hash.rawValue)"
        case .keyTooShort(let bits, let minimum):
            "an RSA key of \(bits) bits where the policy asks for \(minimum); make a longer key, or permit this length"
        case .wrongMethod(let method, let kind): "\(method) does not fit a key of the kind \(kind)"
        case .mismatch:
            "the signature was not made over this exchange with the private key of this certificate; "
                + "check that key and certificate belong together"
        case .noCommonScheme(let kind):
            "the peer announced no way in which a key of the kind \(kind) signs; use a key of another kind"
        case .refused(let kind): "libcrypto refuses to sign with the \(kind) key"
        }
    }
}
