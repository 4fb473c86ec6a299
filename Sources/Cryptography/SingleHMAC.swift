internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// An HMAC (RFC 2104) that is asked for one tag: both passes go through the same context.
///
/// Keying it costs a third of what it costs to key a `PacketHMAC`, and each further tag costs as much again.
@safe
struct SingleHMAC: ~Copyable {
    private let hash: HashFunction
    private let key: SecretKey
    private let context: OpaquePointer

    /// - Parameter key: of any length.
    init(_ hash: HashFunction, key: borrowing SecretKey) {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        unsafe self.context = context
        self.hash = hash
        self.key = HMACPass.fitted(key, hash)
        restart()
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// Starts over with the same key; what was fed since the last start is forgotten.
    func restart() {
        unsafe HMACPass.inner.start(context, hash, key: key)
    }

    func update(_ bytes: UnsafeRawBufferPointer) {
        let status = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(status == 1, "HMAC update failed")
    }

    /// Writes the whole tag; `target` has room for the longest hash.
    func finish(into target: UnsafeMutablePointer<UInt8>) {
        var count: UInt32 = 0
        let isInnerDone = unsafe EVP_DigestFinal_ex(context, target, &count) == 1
        unsafe HMACPass.outer.start(context, hash, key: key)
        let isOuterDone =
            unsafe EVP_DigestUpdate(context, target, Int(count)) == 1
            && EVP_DigestFinal_ex(context, target, &count) == 1
        precondition(isInnerDone && isOuterDone, "HMAC end failed")
    }
}
