package import Algorithms

/// The algorithms that a database tells of in REGISTER and offers in ACQUIRE.
package struct SADBAlgorithms: Hashable, Sendable {
    package var authentication: [SADBSupported.Algorithm]
    package var encryption: [SADBSupported.Algorithm]

    package init(
        authentication: [SADBSupported.Algorithm], encryption: [SADBSupported.Algorithm]
    ) {
        self.authentication = authentication
        self.encryption = encryption
    }

    /// Those of the catalogue.
    package init(_ ciphers: [EncryptionAlgorithm], _ integrity: [IntegrityAlgorithm]) {
        authentication = integrity.compactMap { algorithm in
            let bits = UInt16(clamping: algorithm.keySize * 8)
            return algorithm.pfkey.map { SADBSupported.Algorithm($0, bits: bits...bits) }
        }
        encryption = ciphers.compactMap { cipher in
            let salt = cipher.saltSize * 8
            let bits =
                UInt16(
                    clamping: cipher.keyLengths.minimum + salt)...UInt16(
                    clamping: cipher.keyLengths.maximum + salt)
            return cipher.pfkey.map {
                SADBSupported.Algorithm($0, ivSize: bits.upperBound == 0 ? 0 : 8, bits: bits)
            }
        }
    }

    /// What an acquire offers: for AH integrity algorithms, for ESP every cipher with each of them.
    package func combinations(isAH: Bool) -> [SADBProposal.Combination] {
        let integrity = authentication.filter { $0.maximumBits > 0 }
        guard !isAH else {
            return integrity.map {
                SADBProposal.Combination(
                    authentication: $0.number, encryption: 0, authenticationBits: $0.bits,
                    encryptionBits: 0...0)
            }
        }
        return encryption.flatMap { cipher in
            (cipher.isAEAD ? [SADBSupported.Algorithm(0, bits: 0...0)] : integrity).map {
                SADBProposal.Combination(
                    authentication: $0.number, encryption: cipher.number, authenticationBits: $0.bits,
                    encryptionBits: cipher.bits)
            }
        }
    }
}

extension SADBSupported.Algorithm {
    fileprivate var isAEAD: Bool { AlgorithmNumbers.cipher(number)?.isAEAD ?? false }
    fileprivate var bits: ClosedRange<UInt16> { minimumBits...max(minimumBits, maximumBits) }
}
