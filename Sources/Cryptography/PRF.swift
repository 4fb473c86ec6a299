package import Algorithms
package import KeyMaterial

/// The pseudorandom functions of IKE: HMACs (RFC 2409 section 4, RFC 4868), AES-XCBC-PRF-128 (RFC 4434) and
/// AES-CMAC-PRF-128 (RFC 4615).
package enum PRF {
    /// A piece of what a pseudorandom function is fed.
    package enum Part: Sendable {
        /// Octets that travel in clear.
        case clear([UInt8])
        case secret(SecretKey)

        /// Octets of it.
        var count: Int {
            switch self {
            case .clear(let bytes): bytes.count
            case .secret(let secret): secret.count
            }
        }

        func withUnsafeBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
            switch self {
            case .clear(let bytes): unsafe bytes.withUnsafeBytes(body)
            case .secret(let secret): unsafe secret.withUnsafeBytes(body)
            }
        }
    }

    /// prf(key, data), as a secret.
    package static func compute(_ prf: PseudorandomFunction, key: SecretKey, data: [UInt8]) -> SecretKey {
        var function = keyed(prf, key, for: .oneTag)
        function.update(data)
        return function.finishSecret()
    }

    /// prf(key, the parts one after the other), as a secret.
    package static func compute(_ prf: PseudorandomFunction, key: SecretKey, parts: [Part]) -> SecretKey {
        var function = fed(prf, key: key, parts: parts)
        return function.finishSecret()
    }

    /// prf(key, the parts one after the other), for a value that travels in clear such as HASH_I.
    package static func publicValue(_ prf: PseudorandomFunction, key: SecretKey, parts: [Part]) -> [UInt8] {
        var function = fed(prf, key: key, parts: parts)
        return function.finish()
    }

    /// prf(key, data), for a value that travels in clear such as HASH(1).
    package static func publicValue(_ prf: PseudorandomFunction, key: SecretKey, data: [UInt8]) -> [UInt8] {
        var function = keyed(prf, key, for: .oneTag)
        function.update(data)
        return function.finish()
    }

    /// SKEYSEED of a new IKE SA: prf(Ni | Nr, g^ir) (RFC 7296 section 2.14).
    ///
    /// A function whose keys have one length gets the front of each nonce; all others get the nonces whole.
    package static func skeyseed(
        _ prf: PseudorandomFunction, initiatorNonce: [UInt8], responderNonce: [UInt8], sharedSecret: SecretKey
    ) -> SecretKey {
        let half = prf.nonceKeySize ?? Int.max
        let key = Array(initiatorNonce.prefix(half) + responderNonce.prefix(half))
        return compute(prf, key: SecretKey(copying: key), parts: [.secret(sharedSecret)])
    }

    /// The function with its key, ready to be fed.
    ///
    /// What libcrypto lacks is known since the program's start, and no such function is offered or accepted.
    static func keyed(
        _ prf: PseudorandomFunction, _ key: SecretKey, for use: MessageAuthentication.Use
    ) -> MessageAuthentication {
        switch prf.construction {
        case .hmac(let hash): MessageAuthentication(hash, key: key, for: use)
        case .aesXCBC: block(.xcbc, fitted(key, by: padding))
        case .aesCMAC: block(.cmac, fitted(key) { hashed($0, .cmac) })
        }
    }

    private static func fed(
        _ prf: PseudorandomFunction, key: SecretKey, parts: [Part]
    ) -> MessageAuthentication {
        var function = keyed(prf, key, for: .oneTag)
        for part in parts { unsafe part.withUnsafeBytes { unsafe function.update($0) } }
        return function
    }

    private static func block(
        _ masking: BlockAuthentication.Masking, _ key: SecretKey
    ) -> MessageAuthentication {
        do {
            return try MessageAuthentication(masking, key: key)
        } catch {
            preconditionFailure("libcrypto lacks a cipher that was not checked for at start")
        }
    }

    /// A key of a block's length as it is, any other as `change` makes it one.
    private static func fitted(_ key: SecretKey, by change: (SecretKey) -> SecretKey) -> SecretKey {
        key.count == BlockAuthentication.size ? key : change(key)
    }

    /// RFC 4434 section 2: zeros behind a short key, and a long one hashed.
    private static func padding(_ key: SecretKey) -> SecretKey {
        guard key.count < BlockAuthentication.size else { return hashed(key, .xcbc) }
        return unsafe SecretKey(count: BlockAuthentication.size) { target in
            unsafe key.withUnsafeBytes { unsafe target.copyBytes(from: $0) }
        }
    }

    /// The tag over a key under the key of zeros (RFC 4434 section 2, RFC 4615 section 3).
    private static func hashed(_ key: SecretKey, _ masking: BlockAuthentication.Masking) -> SecretKey {
        let zeros = SecretKey(copying: [UInt8](repeating: 0, count: BlockAuthentication.size))
        var function = block(masking, zeros)
        function.update(key)
        return function.finishSecret()
    }
}
