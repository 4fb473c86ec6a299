package import Algorithms
import Cryptography
package import IPsec
package import KeyMaterial
import Wire

/// The keys of one direction of a child SA (RFC 2409 section 5.5).
package enum QuickModeKeys {
    /// KEYMAT for an SPI, as many octets as asked for.
    ///
    /// - Parameters:
    ///   - sharedSecret: g(qm)^xy with PFS, else nil.
    ///   - protocolID: `ProtocolID.esp` or another of the domain.
    ///   - spi: the one that the receiver of this direction has chosen.
    ///   - size: octets.
    package static func keyMaterial(
        _ keys: SKEYID, sharedSecret: SecretKey?, protocolID: UInt8, spi: SPI, initiatorNonce: [UInt8],
        responderNonce: [UInt8], size: Int
    ) -> SecretKey {
        blocks(
            keys, sharedSecret: sharedSecret, protocolID: protocolID, spi: spi,
            initiatorNonce: initiatorNonce, responderNonce: responderNonce, size: size
        ).extracting(0..<size)
    }

    /// The blocks of KEYMAT that as many octets as asked for stand in.
    private static func blocks(
        _ keys: SKEYID, sharedSecret: SecretKey?, protocolID: UInt8, spi: SPI, initiatorNonce: [UInt8],
        responderNonce: [UInt8], size: Int
    ) -> SecretKey {
        var writer = ByteWriter(capacity: 5 + initiatorNonce.count + responderNonce.count)
        writer.put(protocolID)
        writer.put(spi.value)
        writer.put(initiatorNonce)
        writer.put(responderNonce)
        func block(after last: SecretKey?) -> SecretKey {
            PRF.compute(
                keys.prf, key: keys.derivation, parts: PRF.parts(last, sharedSecret, clear: writer.bytes))
        }
        var blocks: [SecretKey] = []
        blocks.reserveCapacity(1 + size / keys.prf.outputSize)
        blocks.append(block(after: nil))
        while let last = blocks.last, blocks.count * last.count < size { blocks.append(block(after: last)) }
        return SecretKey(concatenating: blocks)
    }

    /// The ESP cipher and integrity algorithm with the keys that KEYMAT gives them: encryption first, with its
    /// salt, then integrity (RFC 2407 section 4.4.4, RFC 4106 section 8.1).
    package static func espTransform(
        _ keys: SKEYID, sharedSecret: SecretKey?, spi: SPI, initiatorNonce: [UInt8], responderNonce: [UInt8],
        encryption: CipherChoice, integrity: IntegrityAlgorithm?
    ) -> ESPTransform {
        let cipherSize = encryption.keyMaterialSize
        let integrity = encryption.algorithm.isAEAD ? nil : integrity
        let size = cipherSize + (integrity?.keySize ?? 0)
        let material = blocks(
            keys, sharedSecret: sharedSecret, protocolID: ProtocolID.esp, spi: spi,
            initiatorNonce: initiatorNonce, responderNonce: responderNonce, size: size)
        return ESPTransform(
            encryption: encryption, encryptionKey: material.extracting(0..<cipherSize), integrity: integrity,
            integrityKey: integrity == nil ? nil : material.extracting(cipherSize..<size))
    }
}
