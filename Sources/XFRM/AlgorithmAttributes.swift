import Algorithms
import IPsec
import KeyMaterial
import Netlink
import Wire

/// What an SA does to packets, as XFRM's algorithm attributes.
enum AlgorithmAttributes {
    /// Appends one attribute for an AEAD, else one each for cipher, integrity and compression.
    ///
    /// The integrity algorithm's truncation is always written out: left to itself the kernel truncates
    /// HMAC-SHA2-256 to 96 bits, where RFC 4868 says 128.
    static func put(_ transform: SATransform, into request: inout NetlinkRequest) throws(DatabaseFailure) {
        switch transform {
        case .none: break
        case .esp(let cipher, let integrity):
            try put(integrity, into: &request)
            try put(cipher, into: &request)
        case .ah(let integrity):
            try put(integrity, into: &request)
        case .ipcomp(let algorithm):
            let name = try name(algorithm, \.xfrm, "compression")
            request.putAttribute(XFRMAttribute.compression) { $0.put(name, SecretKey(copying: []), bits: []) }
        }
    }

    private static func put(
        _ cipher: KeyedCipher, into request: inout NetlinkRequest
    ) throws(DatabaseFailure) {
        let name = try name(cipher.algorithm, \.xfrm, "encryption")
        try check(cipher.key, name)
        guard let icvBits = cipher.icvBits else {
            return request.putAttribute(XFRMAttribute.encryption) { $0.put(name, cipher.key, bits: []) }
        }
        request.putAttribute(XFRMAttribute.aead) { $0.put(name, cipher.key, bits: [icvBits]) }
    }

    private static func put(
        _ integrity: KeyedIntegrity?, into request: inout NetlinkRequest
    ) throws(DatabaseFailure) {
        guard let integrity else { return }
        let name = try name(integrity.algorithm, \.xfrm, "integrity")
        try check(integrity.key, name)
        request.putAttribute(XFRMAttribute.truncatedAuthentication) {
            $0.put(name, integrity.key, bits: [integrity.icvBits])
        }
    }

    private static func name<Entry>(
        _ algorithm: AlgorithmReference<Entry>, _ kernelName: (Entry) -> String?, _ purpose: String
    ) throws(DatabaseFailure) -> String {
        switch algorithm {
        case .known(let entry):
            guard let name = kernelName(entry) else {
                throw DatabaseFailure(
                    .unsupported, "no Linux kernel has the \(purpose) algorithm \(entry); choose another")
            }
            return name
        case .foreign(let name):
            guard name.utf8.count < XFRMValue.algorithmNameSize, !name.utf8.contains(0) else {
                throw DatabaseFailure(
                    .unsupported,
                    "the \(purpose) algorithm's name \"\(name)\" is longer than the kernel's names, "
                        + "which have \(XFRMValue.algorithmNameSize - 1) octets at most")
            }
            return name
        }
    }

    private static func check(_ key: SecretKey, _ name: String) throws(DatabaseFailure) {
        guard key.count <= XFRMValue.attributeLimit / 2 else {
            throw DatabaseFailure(
                .other,
                "the key for \(name) has \(key.count) octets; "
                    + "the kernel takes \(XFRMValue.attributeLimit / 2) at most")
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

extension NetlinkRequest {
    /// Appends xfrm_algo or one of its longer forms: name, key length, further lengths, key; lengths are in bits.
    fileprivate mutating func put(_ name: String, _ key: SecretKey, bits: [Int]) {
        put(name, paddedTo: XFRMValue.algorithmNameSize)
        put(UInt32(truncatingIfNeeded: key.count * 8))
        for length in bits { put(UInt32(clamping: length)) }
        put(key)
    }
}

extension AlgorithmAttributes.Reading {
    /// A cipher of the catalogue where name and ICV length are one's there, else a foreign one.
    var cipher: KeyedCipher {
        let known = Catalogue.encryption(xfrm: name, icvBits: icvBits)
        return KeyedCipher(known.map { .known($0) } ?? .foreign(name), key: key, icvBits: icvBits)
    }

    /// An algorithm of the catalogue where name and ICV length are one's there, else a foreign one.
    var integrity: KeyedIntegrity {
        let bits = icvBits ?? 0
        let known = Catalogue.integrity(xfrm: name, icvBits: bits)
        return KeyedIntegrity(known.map { .known($0) } ?? .foreign(name), key: key, icvBits: bits)
    }

    var compression: AlgorithmReference<CompressionAlgorithm> {
        Catalogue.compression(xfrm: name).map { .known($0) } ?? .foreign(name)
    }
}
