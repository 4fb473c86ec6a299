package import Algorithms
internal import CLibcrypto
package import KeyMaterial

/// One keyed tag in the making, fed piece by piece: an HMAC (RFC 2104), AES-XCBC or AES-CMAC.
///
/// It can be restarted with the same key, which costs less than keying it.
@safe
package struct MessageAuthentication: ~Copyable, @unchecked Sendable {  // why: its contexts have one owner
    /// What a key is for: it costs more to key what makes many tags, and less to make each of them.
    package enum Use: CaseIterable, Sendable {
        case oneTag
        case manyTags
    }

    /// Octets of the whole tag.
    package let size: Int
    private var hmac: PacketHMAC?
    private var single: SingleHMAC?
    private var block: BlockAuthentication?

    /// Keys an HMAC; the key may have any length.
    package init(_ hash: HashFunction, key: borrowing SecretKey, for use: Use) {
        size = hash.digestSize
        block = nil
        switch use {
        case .oneTag:
            single = SingleHMAC(hash, key: key)
            hmac = nil
        case .manyTags:
            single = nil
            hmac = PacketHMAC(hash, key: key)
            hmac?.restart()
        }
    }

    /// Keys an AES-XCBC or AES-CMAC with 16 octets.
    ///
    /// - Throws: `missing` where the host's libcrypto lacks AES.
    init(_ masking: BlockAuthentication.Masking, key: SecretKey) throws(CipherFailure) {
        size = BlockAuthentication.size
        hmac = nil
        single = nil
        block = try BlockAuthentication(masking, key: key)
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
        unsafe hmac?.update(bytes)
        unsafe single?.update(bytes)
        unsafe block?.update(bytes)
    }

    /// The whole tag, `size` octets, as a secret of its own.
    package mutating func finishSecret() -> SecretKey {
        unsafe SecretKey(count: size) { target in
            guard let start = target.baseAddress else { return }
            unsafe finish(into: start.assumingMemoryBound(to: UInt8.self))
        }
    }

    /// The whole tag, `size` octets, for values that travel in clear.
    package mutating func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            unsafe finish(into: start)
            initialized = size
        }
    }

    /// Writes the whole tag; `target` has room for `size` octets.
    mutating func finish(into target: UnsafeMutablePointer<UInt8>) {
        unsafe hmac?.finish(into: target)
        unsafe single?.finish(into: target)
        unsafe block?.finish(into: target)
    }

    /// Starts over with the same key; what was fed since the last start is forgotten.
    package mutating func restart() {
        hmac?.restart()
        single?.restart()
        block?.restart()
    }

    /// The HMAC of `data` in one call.
    package static func compute(_ hash: HashFunction, key: SecretKey, data: [UInt8]) -> [UInt8] {
        var authentication = MessageAuthentication(hash, key: key, for: .oneTag)
        authentication.update(data)
        return authentication.finish()
    }
}
