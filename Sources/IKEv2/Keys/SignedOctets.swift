package import Algorithms
import Cryptography
package import KeyMaterial

/// What a side's AUTH is over (RFC 7296 section 2.15).
///
/// ```
/// RealMessage | the other side's nonce | prf (SK_p, RestOfIDPayload)
/// ```
package enum SignedOctets {
    /// - Parameters:
    ///   - message: the side's own IKE_SA_INIT message, exactly as it was on the wire.
    ///   - nonce: the other side's.
    ///   - key: SK_pi or SK_pr of the side.
    ///   - identification: the body of its identification payload, exactly as on the wire.
    package static func make(
        _ prf: PseudorandomFunction, message: [UInt8], nonce: [UInt8], key: SecretKey, identification: [UInt8]
    ) -> [UInt8] {
        message + nonce + PRF.publicValue(prf, key: key, data: identification)
    }

    /// What a pre-shared key is keyed with before it authenticates anything.
    package static let keyPad = Array("Key Pad for IKEv2".utf8)
}

extension SignedOctets {
    /// AUTH with a pre-shared key: prf(prf(key, key pad), octets).
    ///
    /// - Parameter keyedPad: what the holder of the key made of the key pad.
    package static func authentication(
        _ prf: PseudorandomFunction, keyedPad: SecretKey, _ octets: [UInt8]
    ) -> [UInt8] {
        PRF.publicValue(prf, key: keyedPad, data: octets)
    }
}
