package import Algorithms
import Cryptography
package import KeyMaterial
import Wire

/// The secrets of an ISAKMP SA (RFC 2409 section 5).
package struct SKEYID: Sendable {
    package let prf: PseudorandomFunction
    /// SKEYID, from which the other three and HASH_I and HASH_R come.
    package let base: SecretKey
    /// SKEYID_d, for the keys of phase 2.
    package let derivation: SecretKey
    /// SKEYID_a, which authenticates messages.
    package let authentication: SecretKey
    /// SKEYID_e, from which the key of message encryption comes.
    package let encryption: SecretKey

    /// - Parameters:
    ///   - base: SKEYID, in main mode with a pre-shared key `base(prf, preSharedKey:…)`.
    ///   - sharedSecret: g^xy.
    package init(
        prf: PseudorandomFunction, base: SecretKey, sharedSecret: SecretKey, initiatorCookie: UInt64,
        responderCookie: UInt64
    ) {
        func derive(after previous: SecretKey?, _ digit: UInt8) -> SecretKey {
            var writer = ByteWriter(capacity: 17)
            writer.put(initiatorCookie)
            writer.put(responderCookie)
            writer.put(digit)
            return PRF.compute(
                prf, key: base, parts: PRF.parts(previous, sharedSecret, clear: writer.bytes))
        }
        self.prf = prf
        self.base = base
        derivation = derive(after: nil, 0)
        authentication = derive(after: derivation, 1)
        encryption = derive(after: authentication, 2)
    }

    /// SKEYID of a pre-shared key: prf(key, Ni_b | Nr_b).
    package static func base(
        _ prf: PseudorandomFunction, preSharedKey: SecretKey, initiatorNonce: [UInt8], responderNonce: [UInt8]
    ) -> SecretKey {
        PRF.compute(prf, key: preSharedKey, data: initiatorNonce + responderNonce)
    }

    /// SKEYID where both sides sign: prf(Ni_b | Nr_b, g^xy).
    package static func base(
        _ prf: PseudorandomFunction, sharedSecret: SecretKey, initiatorNonce: [UInt8],
        responderNonce: [UInt8]
    ) -> SecretKey {
        PRF.compute(
            prf, key: SecretKey(copying: initiatorNonce + responderNonce), parts: [.secret(sharedSecret)])
    }

    /// The key that messages are encrypted with: the front of SKEYID_e, stretched where that is too short
    /// (RFC 2409 appendix B).
    package func encryptionKey(for cipher: CipherChoice) -> SecretKey {
        let size = cipher.keyMaterialSize
        guard encryption.count < size else { return encryption.extracting(0..<size) }
        var blocks = [PRF.compute(prf, key: encryption, data: [0])]
        while let last = blocks.last, blocks.count * last.count < size {
            blocks.append(PRF.compute(prf, key: encryption, parts: [.secret(last)]))
        }
        return SecretKey(concatenating: blocks).extracting(0..<size)
    }
}
