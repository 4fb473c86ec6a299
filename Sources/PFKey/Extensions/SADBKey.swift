package import KeyMaterial
import Wire

/// A key (`struct sadb_key`, RFC 2367 section 2.3.4).
package struct SADBKey: Sendable {
    package enum Role: Hashable, Sendable {
        case authentication
        case encryption

        var type: SADBExtensionType {
            switch self {
            case .authentication: .keyAuthentication
            case .encryption: .keyEncryption
            }
        }
    }

    /// Bits that count; the key has as many octets as they need.
    package let bits: UInt16
    package let key: SecretKey

    /// - Throws: for a key that is longer than the extension can say.
    package init(_ key: SecretKey) throws(SADBError) {
        guard let bits = UInt16(exactly: key.count * 8) else {
            throw SADBError(.malformed, .size, "PF_KEY cannot carry a key of \(key.count) octets.")
        }
        self.bits = bits
        self.key = key
    }

    /// - Parameter bits: those that count, in at most as many octets as the key has.
    package init(_ key: SecretKey, bits: UInt16) {
        self.bits = bits
        self.key = key
    }

    init(_ type: SADBExtensionType, _ body: inout Span<UInt8>) throws {
        bits = try body.takeHostUInt16()
        try body.skip(2)
        let count = (Int(bits) + 7) / 8
        guard count <= body.count else {
            throw SADBError.malformed(
                type, "says \(bits) bits of key, and holds \(body.count) octets")
        }
        var octets = try body.takeBytes(count)
        key = SecretKey(SecretBytes(consuming: &octets))
    }

    func put(into writer: inout ByteWriter) {
        writer.put(host: bits)
        writer.putZeros(2)
        key.put(into: &writer)
    }
}

extension SecretKey {
    /// Appends the octets to a message that is about to be sent.
    fileprivate func put(into writer: inout ByteWriter) {
        withSpan { octets in
            for index in octets.indices { writer.put(octets[index]) }
        }
    }
}
