import Algorithms
import IPsec
import KeyMaterial
import Netlink
import Wire

/// An ESP transform as XFRM's algorithm attributes.
enum AlgorithmAttributes {
    /// Appends one attribute for an AEAD, else one for the cipher and one for the integrity algorithm.
    ///
    /// The integrity algorithm's truncation is always written out: left to itself the kernel truncates
    /// HMAC-SHA2-256 to 96 bits, where RFC 4868 says 128.
    static func put(_ transform: ESPTransform, into request: inout NetlinkRequest) throws(DatabaseFailure) {
        try check(transform)
        let cipher = transform.encryption.algorithm
        guard !cipher.isAEAD else {
            request.putAttribute(XFRMAttribute.aead) { attribute in
                put(cipher.xfrm, transform.encryptionKey, bits: [cipher.icvSize * 8], into: &attribute)
            }
            return
        }
        if let integrity = transform.integrity, let key = transform.integrityKey {
            guard let name = integrity.xfrm else {
                throw DatabaseFailure(
                    .unsupported, "no Linux kernel has \(integrity); choose another algorithm")
            }
            request.putAttribute(XFRMAttribute.truncatedAuthentication) { attribute in
                put(name, key, bits: [integrity.icvSize * 8], into: &attribute)
            }
        }
        request.putAttribute(XFRMAttribute.encryption) { attribute in
            put(cipher.xfrm, transform.encryptionKey, bits: [], into: &attribute)
        }
    }

    /// Name, key length, further lengths, key; all lengths are in bits.
    private static func put(
        _ name: String, _ key: SecretKey, bits: [Int], into attribute: inout NetlinkRequest
    ) {
        attribute.put(name, paddedTo: XFRMValue.algorithmNameSize)
        for length in [key.count * 8] + bits { attribute.put(UInt32(length)) }
        attribute.put(key)
    }

    private static func check(_ transform: ESPTransform) throws(DatabaseFailure) {
        let encryption = transform.encryption
        guard transform.encryptionKey.count == encryption.keyMaterialSize else {
            throw DatabaseFailure(
                .other,
                "\(encryption) needs \(encryption.keyMaterialSize) octets of key, "
                    + "\(transform.encryptionKey.count) were given")
        }
        guard (transform.integrity == nil) == (transform.integrityKey == nil) else {
            throw DatabaseFailure(.other, "an integrity algorithm and its key must be given together")
        }
        if let integrity = transform.integrity, let key = transform.integrityKey,
            key.count != integrity.keySize
        {
            throw DatabaseFailure(
                .other, "\(integrity) needs \(integrity.keySize) octets of key, \(key.count) were given")
        }
        guard !encryption.algorithm.isAEAD || transform.integrity == nil else {
            throw DatabaseFailure(
                .other, "\(encryption) authenticates by itself: it takes no integrity algorithm")
        }
        guard encryption.algorithm.construction != .null || transform.integrity != nil else {
            throw DatabaseFailure(
                .unsupported, "ESP without encryption and without integrity protects nothing")
        }
    }

    /// An algorithm attribute as the kernel wrote it.
    struct Reading {
        var name: String
        /// Bits of ICV; nil where the attribute has none.
        var icvBits: Int?
        var key: SecretKey
    }

    /// Reads an algorithm attribute whose head has (or has not) an ICV length.
    static func read(_ payload: Span<UInt8>, hasICVLength: Bool) throws(WireError) -> Reading {
        var rest = payload
        let name = try rest.takeBytes(XFRMValue.algorithmNameSize).prefix { $0 != 0 }
        let keyBits = try rest.takeHostUInt32()
        let icvBits = hasICVLength ? Int(try rest.takeHostUInt32()) : nil
        let size = (Int(keyBits) + 7) / 8
        guard size <= rest.count else { throw .truncated(needed: size, available: rest.count) }
        return Reading(
            name: String(decoding: name, as: UTF8.self), icvBits: icvBits,
            key: SecretKey(SecretBytes(copying: rest.extracting(first: size))))
    }
}

extension SecretBytes {
    /// Copies octets that are lent and wiped by their owner.
    fileprivate init(copying bytes: Span<UInt8>) {
        unsafe self.init(count: bytes.count) { target in
            for index in bytes.indices { unsafe target[index] = bytes[index] }
        }
    }
}
