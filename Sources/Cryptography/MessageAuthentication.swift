package import Algorithms
internal import CLibcrypto
package import KeyMaterial

/// One HMAC (RFC 2104) in the making, fed piece by piece; it can be restarted with the same key.
@safe
package struct MessageAuthentication: ~Copyable, @unchecked Sendable {  // why: the context has this one owner
    private let context: OpaquePointer
    /// The hash under the HMAC.
    package let hash: HashFunction

    /// Keys an HMAC.
    ///
    /// The key may have any length; libcrypto keeps what it needs of it and wipes that at the end.
    package init(_ hash: HashFunction, key: SecretKey) {
        guard let context = unsafe EVP_MAC_CTX_new(FetchedAlgorithms.hmac.pointer) else {
            preconditionFailure("out of memory")
        }
        unsafe self.context = context
        self.hash = hash
        let status = unsafe key.withUnsafeBytes { bytes in
            unsafe swiftike_hmac_init(context, hash.libcryptoName, bytes.baseAddress, bytes.count)
        }
        precondition(status == 1, "libcrypto lacks a hash that was not checked for at start")
    }

    deinit {
        unsafe EVP_MAC_CTX_free(context)
    }

    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    package mutating func update(_ secret: SecretKey) {
        unsafe secret.withUnsafeBytes { unsafe update($0) }
    }

    package mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        let status = unsafe EVP_MAC_update(context, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        precondition(status == 1, "HMAC update failed")
    }

    /// The whole tag, `hash.digestSize` octets, as a secret of its own.
    package mutating func finishSecret() -> SecretBytes {
        unsafe SecretBytes(count: hash.digestSize) { unsafe finish(into: $0) }
    }

    /// The whole tag, `hash.digestSize` octets, for values that travel in clear.
    package mutating func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: hash.digestSize) { buffer, initialized in
            unsafe finish(into: UnsafeMutableRawBufferPointer(buffer))
            initialized = hash.digestSize
        }
    }

    /// Writes the whole tag; `target` has room for `hash.digestSize` octets.
    mutating func finish(into target: UnsafeMutableRawBufferPointer) {
        var count = 0
        let start = unsafe target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let status = unsafe EVP_MAC_final(context, start, &count, target.count)
        precondition(status == 1 && count == hash.digestSize, "HMAC end failed")
    }

    /// Starts over with the same key; what was fed since the last start is forgotten.
    package mutating func restart() {
        let status = unsafe EVP_MAC_init(context, nil, 0, nil)
        precondition(status == 1, "HMAC restart failed")
    }

    /// The HMAC of `data` in one call.
    package static func compute(_ hash: HashFunction, key: SecretKey, data: [UInt8]) -> [UInt8] {
        var authentication = MessageAuthentication(hash, key: key)
        authentication.update(data)
        return authentication.finish()
    }
}
