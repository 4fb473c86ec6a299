import Algorithms
import Cryptography
package import IPsec
package import KeyMaterial
package import Negotiation

/// The keys of both SAs of a child (RFC 7296 section 2.17).
///
/// ```
/// KEYMAT = prf+ (SK_d, [ g^ir (new) | ] Ni | Nr)
/// ```
///
/// The SA that carries the exchange initiator's packets takes its keys first, each SA its encryption key (with the salt)
/// before its integrity key.
package struct ChildSAKeys: Sendable {
    /// Of the SA from the exchange's initiator to its responder.
    package let fromInitiator: ESPTransform
    /// Of the SA back.
    package let fromResponder: ESPTransform

    /// - Parameters:
    ///   - keys: of the IKE SA that the exchange is under.
    ///   - sharedSecret: g^ir where the exchange has a KE payload of its own, else nil.
    package init(_ suite: Suite, under keys: IKESAKeys, sharedSecret: SecretKey?, nonces: Nonces) {
        let secret: [PRF.Part] = sharedSecret.map { [.secret($0)] } ?? []
        var stream = KeyStream(keys.prf, key: keys.skD, seed: secret + [.clear(nonces.octets)])
        fromInitiator = Self.take(suite, from: &stream)
        fromResponder = Self.take(suite, from: &stream)
    }

    private static func take(_ suite: Suite, from stream: inout KeyStream) -> ESPTransform {
        let encryption = suite.encryption ?? CipherChoice(.null)
        let encryptionKey = stream.take(encryption.keyMaterialSize)
        let integrityKey = suite.integrity.map { stream.take($0.keySize) }
        return ESPTransform(
            encryption: encryption, encryptionKey: encryptionKey, integrity: suite.integrity,
            integrityKey: integrityKey)
    }
}
