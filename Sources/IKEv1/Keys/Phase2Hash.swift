import Cryptography
import Wire

/// What authenticates the messages of quick mode and of informational exchanges (RFC 2409 sections 5.5 and 5.7).
package enum Phase2Hash {
    /// HASH(1) of quick mode, and the hash of an informational message: prf(SKEYID_a, M-ID | what follows).
    ///
    /// - Parameter following: `Message.octetsAfterHash()`.
    package static func first(_ keys: SKEYID, messageID: UInt32, following: [UInt8]) -> [UInt8] {
        hash(keys, messageID, following)
    }

    /// HASH(2): prf(SKEYID_a, M-ID | Ni_b | what follows).
    package static func second(
        _ keys: SKEYID, messageID: UInt32, initiatorNonce: [UInt8], following: [UInt8]
    ) -> [UInt8] {
        hash(keys, messageID, initiatorNonce: initiatorNonce, following)
    }

    /// HASH(3): prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b).
    package static func third(
        _ keys: SKEYID, messageID: UInt32, initiatorNonce: [UInt8], responderNonce: [UInt8]
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: 5 + initiatorNonce.count + responderNonce.count)
        writer.put(UInt8(0))
        writer.put(messageID)
        writer.put(initiatorNonce)
        writer.put(responderNonce)
        return PRF.publicValue(keys.prf, key: keys.authentication, data: writer.bytes)
    }

    private static func hash(
        _ keys: SKEYID, _ messageID: UInt32, initiatorNonce: [UInt8] = [], _ following: [UInt8]
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: 4 + initiatorNonce.count + following.count)
        writer.put(messageID)
        writer.put(initiatorNonce)
        writer.put(following)
        return PRF.publicValue(keys.prf, key: keys.authentication, data: writer.bytes)
    }
}
