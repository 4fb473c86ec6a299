import Cryptography
import Wire

/// What authenticates the messages of quick mode and of informational exchanges (RFC 2409 sections 5.5 and 5.7).
package enum Phase2Hash {
    /// HASH(1) of quick mode, and the hash of an informational message: prf(SKEYID_a, M-ID | what follows).
    ///
    /// - Parameter following: `Message.octetsAfterHash()`.
    package static func first(_ keys: SKEYID, messageID: UInt32, following: [UInt8]) -> [UInt8] {
        PRF.publicValue(keys.prf, key: keys.authentication, data: messageID.octets + following)
    }

    /// HASH(2): prf(SKEYID_a, M-ID | Ni_b | what follows).
    package static func second(
        _ keys: SKEYID, messageID: UInt32, initiatorNonce: [UInt8], following: [UInt8]
    ) -> [UInt8] {
        PRF.publicValue(
            keys.prf, key: keys.authentication, data: messageID.octets + initiatorNonce + following)
    }

    /// HASH(3): prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b).
    package static func third(
        _ keys: SKEYID, messageID: UInt32, initiatorNonce: [UInt8], responderNonce: [UInt8]
    ) -> [UInt8] {
        PRF.publicValue(
            keys.prf, key: keys.authentication, data: [0] + messageID.octets + initiatorNonce + responderNonce
        )
    }
}
