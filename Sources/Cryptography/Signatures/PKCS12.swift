internal import CLibcrypto
package import KeyMaterial

/// A PKCS #12 file (RFC 7292): a private key, its certificate, and more certificates.
package struct PKCS12: Sendable {
    package let key: PrivateKey
    /// In DER; the key's own first.
    package let certificates: [[UInt8]]

    /// Rounds of the passphrase's derivation, at most: more would keep the reader busy for seconds.
    private static let mostRounds = 5_000_000
    private static let mostCertificates = 64

    /// Opens a file; one without a passphrase is tried with the empty one.
    package init(_ octets: borrowing SecretBytes, passphrase: SecretKey?) throws(KeyFailure) {
        defer { ERR_clear_error() }
        _ = Fetched.isLegacyLoaded
        let parsed = unsafe octets.parsedPKCS12()
        guard let file = unsafe parsed else { throw .malformed("not PKCS#12") }
        defer { unsafe PKCS12_free(file) }
        guard unsafe swiftike_pkcs12_rounds(file) <= Self.mostRounds else {
            throw .unsupported("a PKCS#12 file with more than \(Self.mostRounds) rounds")
        }
        let terminated = Self.terminated(passphrase)
        var parts = unsafe swiftike_pkcs12_parts()
        let status = unsafe terminated.withUnsafeBytes { text in
            unsafe swiftike_pkcs12_open(
                file, text.baseAddress?.assumingMemoryBound(to: CChar.self), &parts)
        }
        defer { unsafe swiftike_free_certificates(parts.certificates) }
        let handle = unsafe KeyHandle(adopting: parts.key)
        guard status == 1 else {
            throw status == 0
                ? (passphrase == nil ? .needsPassphrase : .wrongPassphrase) : .malformed("damaged PKCS#12")
        }
        guard let handle else { throw .malformed("the PKCS#12 file holds no private key") }
        key = try PrivateKey(foreign: handle)
        certificates = unsafe Self.encodings(parts.certificates)
    }

    private static func encodings(_ stack: OpaquePointer?) -> [[UInt8]] {
        let count = unsafe min(swiftike_certificate_count(stack), mostCertificates)
        return (0..<count).compactMap { index in
            let certificate = unsafe swiftike_certificate(stack, index)
            let size = unsafe i2d_X509(certificate, nil)
            guard size > 0 else { return nil }
            return unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, initialized in
                var cursor = buffer.baseAddress
                initialized = unsafe max(0, Int(i2d_X509(certificate, &cursor)))
            }
        }
    }

    /// The passphrase as C wants it.
    private static func terminated(_ passphrase: SecretKey?) -> SecretBytes {
        let count = passphrase?.count ?? 0
        return unsafe SecretBytes(count: count + 1) { target in
            guard let passphrase else { return }
            unsafe passphrase.withUnsafeBytes { source in
                for index in source.indices { unsafe target[index] = source[index] }
            }
        }
    }
}

extension SecretBytes {
    fileprivate borrowing func parsedPKCS12() -> OpaquePointer? {
        unsafe withUnsafeBytes { source in
            var cursor = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe d2i_PKCS12(nil, &cursor, source.count)
        }
    }
}
