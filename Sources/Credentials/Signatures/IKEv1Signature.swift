package import Cryptography

/// Signatures of IKEv1, made over HASH_I or HASH_R without hashing it again (RFC 2409 section 5.1).
package enum IKEv1Signature {
    /// The body of a signature payload.
    package static func sign(
        _ hash: [UInt8], with key: PrivateKey, policy: SignaturePolicy = SignaturePolicy()
    ) throws(SignatureFailure) -> [UInt8] {
        if let weakness = policy.weakness(of: key.kind) { throw weakness }
        switch key.kind {
        case .rsa:
            guard let signature = key.signature(over: hash, .rsaPKCS1Unhashed) else {
                throw .refused(key.kind)
            }
            return signature
        case .ecdsa(let curve):
            guard let der = key.signature(over: hash, .ecdsaUnhashed),
                let signature = ECDSASignature(der: der, curve: curve)
            else { throw .refused(key.kind) }
            return signature.joined(curve)
        case .ed25519, .ed448: throw .noCommonScheme(key.kind)
        }
    }

    /// Whether the peer with this key made `signature` over `hash`.
    ///
    /// - Throws: why not.
    package static func verify(
        _ signature: [UInt8], over hash: [UInt8], key: PublicKey,
        policy: SignaturePolicy = SignaturePolicy()
    ) throws(SignatureFailure) {
        if let weakness = policy.weakness(of: key.kind) { throw weakness }
        let isValid: Bool
        switch key.kind {
        case .rsa: isValid = key.verifies(signature, over: hash, .rsaPKCS1Unhashed)
        case .ecdsa(let curve):
            guard let numbers = ECDSASignature(joined: signature, curve: curve) else {
                throw .malformed("\(signature.count) octets where \(key.kind) has \(2 * curve.size)")
            }
            isValid = key.verifies(numbers.der, over: hash, .ecdsaUnhashed)
        case .ed25519, .ed448: throw .noCommonScheme(key.kind)
        }
        guard isValid else { throw .mismatch }
    }
}
