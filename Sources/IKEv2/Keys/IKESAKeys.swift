package import Algorithms
package import Cryptography
package import KeyMaterial
package import Negotiation

/// The keys of an IKE SA (RFC 7296 section 2.14).
///
/// ```
/// {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)
/// ```
package struct IKESAKeys: Sendable {
    package let prf: PseudorandomFunction
    package let protection: MessageProtection
    /// SK_d, from which the keys of children and of successors come.
    package let skD: SecretKey
    /// SK_ai and SK_ar; nil where the cipher authenticates.
    package let skAi: SecretKey?
    package let skAr: SecretKey?
    /// SK_ei and SK_er, each with its salt.
    package let skEi: SecretKey
    package let skEr: SecretKey
    /// SK_pi and SK_pr, which AUTH covers the identities with.
    package let skPi: SecretKey
    package let skPr: SecretKey

    /// - Parameters:
    ///   - seed: SKEYSEED.
    ///   - nonces: of the exchange that makes the SA.
    /// - Throws: `localResource` for a suite that cannot protect an IKE SA.
    package init(
        _ suite: Suite, seed: SecretKey, nonces: Nonces, spis: IKESPIs
    ) throws(NegotiationFailure) {
        guard let prf = suite.prf, let encryption = suite.encryption else {
            throw .localResource(.cryptography("no keys for an IKE SA of \(suite)"))
        }
        do {
            protection = try MessageProtection(encryption, integrity: suite.integrity)
        } catch {
            throw .localResource(.cryptography("no keys for an IKE SA of \(suite): \(error)"))
        }
        self.prf = prf
        var stream = KeyStream(prf, key: seed, seed: [.clear(nonces.octets + spis.octets)])
        let integritySize = protection.integrityKeySize
        skD = stream.take(prf.outputSize)
        skAi = integritySize > 0 ? stream.take(integritySize) : nil
        skAr = integritySize > 0 ? stream.take(integritySize) : nil
        skEi = stream.take(protection.encryptionKeySize)
        skEr = stream.take(protection.encryptionKeySize)
        skPi = stream.take(prf.outputSize)
        skPr = stream.take(prf.outputSize)
    }

    /// The keys that an initial exchange gives.
    ///
    /// - Parameter secret: g^ir.
    package init(
        _ suite: Suite, initial secret: SecretKey, nonces: Nonces, spis: IKESPIs
    ) throws(NegotiationFailure) {
        guard let prf = suite.prf else {
            throw .localResource(.cryptography("no keys for an IKE SA of \(suite)"))
        }
        let seed = PRF.skeyseed(
            prf, initiatorNonce: nonces.initiator, responderNonce: nonces.responder, sharedSecret: secret)
        try self.init(suite, seed: seed, nonces: nonces, spis: spis)
    }

    /// SKEYSEED of the successor of an IKE SA: prf(SK_d (old), g^ir (new) | Ni | Nr), with the function of the old one
    /// (RFC 7296 section 2.18).
    package func successorSeed(sharedSecret: SecretKey, nonces: Nonces) -> SecretKey {
        PRF.compute(prf, key: skD, parts: [.secret(sharedSecret), .clear(nonces.octets)])
    }
}
