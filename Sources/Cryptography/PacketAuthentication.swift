internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// The integrity algorithm of an SA with its key, applied to packet after packet.
@safe
struct PacketAuthentication: ~Copyable {
    /// Octets that `finish` may write: the longest whole tag.
    static let tagRoom = 64

    private var hmac: MessageAuthentication?
    private var block: BlockAuthentication?

    /// - Throws: `unsupported` for what is not performed here, `missing` where the host's libcrypto lacks the
    ///   hash or cipher under it, `keySize` for a wrong key.
    init(_ algorithm: IntegrityAlgorithm, key: SecretKey) throws(CipherFailure) {
        guard key.count == algorithm.keySize else {
            throw .keySize(expected: algorithm.keySize, found: key.count)
        }
        switch algorithm.construction {
        case .hmac(let hash):
            guard unsafe hash.fetched.pointer != nil else { throw .missing("\(hash)") }
            hmac = MessageAuthentication(hash, key: key)
            block = nil
        case .cmac:
            hmac = nil
            block = try BlockAuthentication(.cmac, key: key)
        case .xcbc:
            hmac = nil
            block = try BlockAuthentication(.xcbc, key: key)
        case .null, .keyed:
            throw .unsupported("\(algorithm)")
        }
    }

    /// Starts over with the same key.
    mutating func restart() {
        hmac?.restart()
        block?.restart()
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe hmac?.update(bytes)
        unsafe block?.update(bytes)
    }

    /// Writes the whole tag; `target` has `tagRoom` octets.
    mutating func finish(into target: UnsafeMutablePointer<UInt8>) {
        unsafe hmac?.finish(into: UnsafeMutableRawBufferPointer(start: target, count: Self.tagRoom))
        unsafe block?.finish(into: target)
    }
}
