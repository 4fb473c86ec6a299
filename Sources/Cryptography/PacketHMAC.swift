internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// An HMAC (RFC 2104) for packet after packet or block after block: its key is hashed once, and each packet goes on
/// from there.
///
/// libcrypto's own HMAC does the same behind two more layers, which cost as much as a short packet's hash.
@safe
struct PacketHMAC: ~Copyable {
    /// The hash after the first block of the inner and of the outer pass.
    private let inner: OpaquePointer
    private let outer: OpaquePointer
    /// The hash at work.
    private let running: OpaquePointer

    /// - Parameter key: of any length; one longer than a block of the hash counts as its hash.
    init(_ hash: HashFunction, key: borrowing SecretKey) {
        let key = HMACPass.fitted(key, hash)
        unsafe inner = Self.hashed(hash, key, .inner)
        unsafe outer = Self.hashed(hash, key, .outer)
        guard let running = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        unsafe self.running = running
    }

    deinit {
        unsafe EVP_MD_CTX_free(inner)
        unsafe EVP_MD_CTX_free(outer)
        unsafe EVP_MD_CTX_free(running)
    }

    /// The hash after its first block.
    private static func hashed(_ hash: HashFunction, _ key: SecretKey, _ pass: HMACPass) -> OpaquePointer {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        unsafe pass.start(context, hash, key: key)
        return unsafe context
    }

    /// Starts over with the same key; what was fed since the last start is forgotten.
    func restart() {
        let status = unsafe EVP_MD_CTX_copy_ex(running, inner)
        precondition(status == 1, "HMAC restart failed")
    }

    func update(_ bytes: UnsafeRawBufferPointer) {
        let status = unsafe EVP_DigestUpdate(running, bytes.baseAddress, bytes.count)
        precondition(status == 1, "HMAC update failed")
    }

    /// Writes the whole tag; `target` has room for the longest hash.
    func finish(into target: UnsafeMutablePointer<UInt8>) {
        var count: UInt32 = 0
        let isDone =
            unsafe EVP_DigestFinal_ex(running, target, &count) == 1
            && EVP_MD_CTX_copy_ex(running, outer) == 1
            && EVP_DigestUpdate(running, target, Int(count)) == 1
            && EVP_DigestFinal_ex(running, target, &count) == 1
        precondition(isDone, "HMAC end failed")
    }
}
