internal import CLibcrypto
package import KeyMaterial

extension PrivateKey {
    /// How the octets of a private key are written.
    package enum Encoding: String, Sendable {
        case der = "DER"
        case pem = "PEM"
    }

    /// Reads PKCS #8, encrypted or not, PKCS #1 or SEC 1.
    ///
    /// - Parameter passphrase: nil makes encrypted keys fail with `needsPassphrase`.
    package init(
        _ octets: borrowing SecretBytes, _ encoding: Encoding, passphrase: SecretKey? = nil
    ) throws(KeyFailure) {
        defer { ERR_clear_error() }
        // Old files are encrypted with ciphers of the provider of old algorithms.
        _ = Fetched.isLegacyLoaded
        var secret = unsafe swiftike_passphrase()
        let key = unsafe Self.lending(passphrase, to: &secret) { secret in
            unsafe octets.withUnsafeBytes { source in
                unsafe swiftike_decode_private_key(
                    source.baseAddress?.assumingMemoryBound(to: UInt8.self), source.count,
                    encoding.rawValue, &secret)
            }
        }
        guard let handle = unsafe KeyHandle(adopting: key) else {
            guard unsafe secret.was_asked == 1 else { throw .malformed("neither PKCS#8, PKCS#1 nor SEC1") }
            throw passphrase == nil ? .needsPassphrase : .wrongPassphrase
        }
        try self.init(foreign: handle)
    }

    /// An RSA key from its eight numbers, most significant octet first.
    package init(
        modulus: borrowing SecretBytes, publicExponent: borrowing SecretBytes,
        privateExponent: borrowing SecretBytes, prime1: borrowing SecretBytes,
        prime2: borrowing SecretBytes, exponent1: borrowing SecretBytes,
        exponent2: borrowing SecretBytes, coefficient: borrowing SecretBytes
    ) throws(KeyFailure) {
        defer { ERR_clear_error() }
        let n = BigNumber(secret: modulus)
        let e = BigNumber(secret: publicExponent)
        let d = BigNumber(secret: privateExponent)
        let p = BigNumber(secret: prime1)
        let q = BigNumber(secret: prime2)
        let dp = BigNumber(secret: exponent1)
        let dq = BigNumber(secret: exponent2)
        let qi = BigNumber(secret: coefficient)
        let numbers: [OpaquePointer?] = unsafe [
            n.pointer, e.pointer, d.pointer, p.pointer, q.pointer, dp.pointer, dq.pointer, qi.pointer,
        ]
        let key = unsafe numbers.withUnsafeBufferPointer { buffer in
            unsafe swiftike_rsa_key(buffer.baseAddress)
        }
        guard let handle = unsafe KeyHandle(adopting: key) else {
            throw .unsound("libcrypto refuses the numbers")
        }
        try self.init(foreign: handle)
    }

    /// Takes a key that somebody else made.
    init(foreign handle: KeyHandle) throws(KeyFailure) {
        guard handle.hasSoundNumbers else { throw .unsound("its numbers contradict each other") }
        try self.init(handle)
    }

    private static func lending(
        _ passphrase: SecretKey?, to secret: inout swiftike_passphrase,
        _ body: (inout swiftike_passphrase) -> OpaquePointer?
    ) -> OpaquePointer? {
        guard let passphrase else { return unsafe body(&secret) }
        return unsafe passphrase.withUnsafeBytes { octets in
            unsafe secret.octets = octets.baseAddress
            unsafe secret.count = octets.count
            unsafe secret.is_known = 1
            defer { unsafe secret.octets = nil }
            return unsafe body(&secret)
        }
    }
}
