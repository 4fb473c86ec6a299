package import Algorithms
package import KeyMaterial

/// The pseudorandom functions of IKE; all in the catalogue are HMACs (RFC 2409 section 4, RFC 4868).
package enum PRF {
    /// A piece of what a pseudorandom function is fed.
    package enum Part: Sendable {
        /// Octets that travel in clear.
        case clear([UInt8])
        case secret(SecretKey)
    }

    /// prf(key, data), as a secret.
    package static func compute(_ prf: PseudorandomFunction, key: SecretKey, data: [UInt8]) -> SecretKey {
        compute(prf, key: key, parts: [.clear(data)])
    }

    /// prf(key, the parts one after the other), as a secret.
    package static func compute(_ prf: PseudorandomFunction, key: SecretKey, parts: [Part]) -> SecretKey {
        var authentication = started(prf, key: key, parts: parts)
        return SecretKey(authentication.finishSecret())
    }

    /// prf(key, the parts one after the other), for a value that travels in clear such as HASH_I.
    package static func publicValue(_ prf: PseudorandomFunction, key: SecretKey, parts: [Part]) -> [UInt8] {
        var authentication = started(prf, key: key, parts: parts)
        return authentication.finish()
    }

    /// prf(key, data), for a value that travels in clear such as HASH(1).
    package static func publicValue(_ prf: PseudorandomFunction, key: SecretKey, data: [UInt8]) -> [UInt8] {
        publicValue(prf, key: key, parts: [.clear(data)])
    }

    private static func started(
        _ prf: PseudorandomFunction, key: SecretKey, parts: [Part]
    ) -> MessageAuthentication {
        var authentication = MessageAuthentication(prf.hash, key: key)
        for part in parts {
            switch part {
            case .clear(let bytes): authentication.update(bytes)
            case .secret(let secret): authentication.update(secret)
            }
        }
        return authentication
    }
}
