internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// A key of libcrypto's.
@safe
final class KeyHandle: @unchecked Sendable {  // why: read by any thread, written by none
    let pointer: OpaquePointer

    /// Takes over a key that libcrypto made; nil where it made none.
    init?(adopting pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        unsafe self.pointer = pointer
    }

    convenience init?(subjectPublicKeyInfo der: [UInt8]) {
        let key = unsafe der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var cursor = buffer.baseAddress
            guard let count = Int(exactly: buffer.count) else { return nil }
            let key = unsafe d2i_PUBKEY_ex(nil, &cursor, count, nil, nil)
            guard unsafe cursor == buffer.baseAddress.map({ unsafe $0 + count }) else {
                unsafe EVP_PKEY_free(key)
                return nil
            }
            return unsafe key
        }
        unsafe self.init(adopting: key)
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }

    /// The SubjectPublicKeyInfo of its public half.
    var subjectPublicKeyInfo: [UInt8]? {
        let size = unsafe i2d_PUBKEY(pointer, nil)
        guard size > 0 else { return nil }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, initialized in
            var cursor = buffer.baseAddress
            initialized = unsafe max(0, Int(i2d_PUBKEY(pointer, &cursor)))
        }
    }

    /// Whether libcrypto verifies the signature by the scheme.
    func verifies(_ signature: [UInt8], over message: [UInt8], _ scheme: SignatureScheme) -> Bool {
        let context = DigestSignature()
        var details: OpaquePointer?
        guard
            unsafe EVP_DigestVerifyInit_ex(
                context.pointer, &details, scheme.hash?.libcryptoName, nil, nil, pointer, nil) == 1,
            unsafe Self.prepare(details, scheme)
        else { return false }
        return unsafe EVP_DigestVerify(
            context.pointer, signature, signature.count, message, message.count) == 1
    }

    /// Signs by a scheme that hashes first; nil where libcrypto refuses.
    func signature(over message: [UInt8], _ scheme: SignatureScheme) -> [UInt8]? {
        let context = DigestSignature()
        var details: OpaquePointer?
        var size = 0
        guard
            unsafe EVP_DigestSignInit_ex(
                context.pointer, &details, scheme.hash?.libcryptoName, nil, nil, pointer, nil) == 1,
            unsafe Self.prepare(details, scheme),
            unsafe EVP_DigestSign(context.pointer, nil, &size, message, message.count) == 1
        else { return nil }
        return unsafe Self.octets(atMost: size) { start, size in
            unsafe EVP_DigestSign(context.pointer, start, &size, message, message.count)
        }
    }

    /// What a call of libcrypto writes, which takes the room there is and tells how much it used; nil where it fails.
    private static func octets(
        atMost room: Int, _ call: (UnsafeMutablePointer<UInt8>?, inout Int) -> Int32
    ) -> [UInt8]? {
        var status: Int32 = 0
        let octets = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
            var size = room
            status = unsafe call(buffer.baseAddress, &size)
            initialized = status == 1 ? size : 0
        }
        return status == 1 ? octets : nil
    }

    /// Signs the octets as they are, which RSA pads by PKCS #1 v1.5; nil where they are too many.
    func unhashedSignature(over octets: [UInt8]) -> [UInt8]? {
        let operation = KeyOperation(self)
        var size = 0
        // RSA pads so unless told otherwise.
        guard unsafe EVP_PKEY_sign_init(operation.pointer) == 1,
            unsafe EVP_PKEY_sign(operation.pointer, nil, &size, octets, octets.count) == 1
        else { return nil }
        return unsafe Self.octets(atMost: size) { start, size in
            unsafe EVP_PKEY_sign(operation.pointer, start, &size, octets, octets.count)
        }
    }

    /// Whether libcrypto verifies an ECDSA signature in DER over the octets as they are.
    func verifiesUnhashed(_ signature: [UInt8], over octets: [UInt8]) -> Bool {
        let operation = KeyOperation(self)
        return unsafe EVP_PKEY_verify_init(operation.pointer) == 1
            && EVP_PKEY_verify(operation.pointer, signature, signature.count, octets, octets.count) == 1
    }

    /// An RSA signature to the power of the public exponent, padding and all; nil where it is no smaller than the
    /// modulus.
    func opened(_ signature: [UInt8]) -> [UInt8]? {
        let operation = KeyOperation(self)
        guard unsafe EVP_PKEY_verify_recover_init(operation.pointer) == 1,
            unsafe EVP_PKEY_CTX_set_rsa_padding(operation.pointer, RSA_NO_PADDING) == 1
        else { return nil }
        return unsafe Self.octets(atMost: signature.count) { start, size in
            unsafe EVP_PKEY_verify_recover(operation.pointer, start, &size, signature, signature.count)
        }
    }

    /// Whether the numbers of a private key belong together: primes, product, exponents, coefficient.
    ///
    /// One wrong number of an RSA key costs a slow detour with each signature, and without libcrypto's care would give
    /// the key away.
    var hasSoundNumbers: Bool {
        let operation = KeyOperation(self)
        return unsafe EVP_PKEY_pairwise_check(operation.pointer) == 1
    }

    private static func prepare(_ details: OpaquePointer?, _ scheme: SignatureScheme) -> Bool {
        guard case .rsaPSS(let hash, let saltSize) = scheme, let salt = Int32(exactly: saltSize) else {
            return true
        }
        return unsafe EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_mgf1_md(details, hash.fetched.pointer) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(details, salt) == 1
    }
}

/// One signature in the making, with a digest.
@safe
private struct DigestSignature: ~Copyable {
    let pointer: OpaquePointer

    init() {
        guard let pointer = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_MD_CTX_free(pointer)
    }
}

/// One operation with a key.
@safe
private struct KeyOperation: ~Copyable {
    let pointer: OpaquePointer

    init(_ key: borrowing KeyHandle) {
        guard let pointer = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else {
            preconditionFailure("out of memory")
        }
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_PKEY_CTX_free(pointer)
    }
}
