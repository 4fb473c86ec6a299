internal import Algorithms
internal import CLibcrypto
package import KeyMaterial

/// A key that signs; libcrypto keeps it, and wipes it with its last owner.
///
/// libcrypto draws what a signature needs of randomness (nonces, salts, blinding) itself.
package struct PrivateKey: Sendable {
    package let publicKey: PublicKey
    private let handle: KeyHandle

    package var kind: KeyKind { publicKey.kind }

    /// Takes a key that libcrypto has, and has it sign once to see that its two halves belong together.
    init(_ handle: KeyHandle) throws(KeyFailure) {
        guard let der = handle.subjectPublicKeyInfo else {
            throw .unsupported("a key without a SubjectPublicKeyInfo")
        }
        self.handle = handle
        publicKey = try PublicKey(subjectPublicKeyInfo: der)
        let scheme = Self.trialScheme(publicKey.kind)
        guard let trial = signature(over: [0], scheme), publicKey.verifies(trial, over: [0], scheme) else {
            throw .unsound("its private and public parts do not belong together")
        }
    }

    /// Draws a new key from libcrypto's generator.
    ///
    /// - Throws: `unsupported` where libcrypto offers none of the kind.
    package static func generate(_ kind: KeyKind) throws(KeyFailure) -> PrivateKey {
        defer { ERR_clear_error() }
        guard let handle = KeyHandle(generating: kind) else { throw .unsupported("a new key, \(kind),") }
        return try PrivateKey(handle)
    }

    /// Signs `message`; nil where keys of this kind do not sign so, or the key is too short for it.
    package func signature(over message: [UInt8], _ scheme: SignatureScheme) -> [UInt8]? {
        guard scheme.fits(kind) else { return nil }
        defer { ERR_clear_error() }
        switch scheme {
        case .rsaPKCS1Unhashed, .ecdsaUnhashed: return handle.unhashedSignature(over: message)
        case .rsaPKCS1, .rsaPSS, .ecdsa, .edwards: return handle.signature(over: message, scheme)
        }
    }

    /// The key as PKCS #8 in PEM, not encrypted.
    package func pem() -> SecretBytes {
        handle.privatePEM()
    }

    private static func trialScheme(_ kind: KeyKind) -> SignatureScheme {
        switch kind {
        case .rsa: .rsaPKCS1(.sha256)
        case .ecdsa(let curve): .ecdsa(curve.hash)
        case .ed25519, .ed448: .edwards
        }
    }
}

extension KeyHandle {
    fileprivate convenience init?(generating kind: KeyKind) {
        let key: OpaquePointer?
        switch kind {
        case .rsa(let bits):
            guard let bits = Int32(exactly: bits) else { return nil }
            unsafe key = Self.generated("RSA") { context in
                unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1
            }
        case .ecdsa(let curve):
            unsafe key = Self.generated("EC") { context in
                unsafe EVP_PKEY_CTX_set_group_name(context, curve.rawValue) == 1
            }
        case .ed25519: unsafe key = Self.generated("ED25519") { _ in true }
        case .ed448: unsafe key = Self.generated("ED448") { _ in true }
        }
        unsafe self.init(adopting: key)
    }

    private static func generated(_ name: String, _ prepare: (OpaquePointer) -> Bool) -> OpaquePointer? {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, name, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe prepare(context),
            unsafe EVP_PKEY_generate(context, &key) == 1
        else { return nil }
        return unsafe key
    }

    fileprivate func privatePEM() -> SecretBytes {
        guard let bio = unsafe BIO_new(BIO_s_secmem()) else { preconditionFailure("out of memory") }
        defer { unsafe BIO_free_all(bio) }
        let status = unsafe PEM_write_bio_PKCS8PrivateKey(bio, pointer, nil, nil, 0, nil, nil)
        precondition(status == 1, "a private key that cannot be written")
        var start: UnsafePointer<UInt8>?
        let count = unsafe swiftike_memory(bio, &start)
        return unsafe SecretBytes(count: count) { target in
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: start, count: count))
        }
    }
}
