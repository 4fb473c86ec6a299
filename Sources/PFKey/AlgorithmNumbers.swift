import Algorithms
import IPsec

/// The algorithms of a database entry by PF_KEY's numbers.
enum AlgorithmNumbers {
    /// The cipher of an SADB_EALG number; nil for a number nobody has.
    static func cipher(_ number: UInt8) -> EncryptionAlgorithm? {
        Catalogue.encryption(pfkey: number)
    }

    /// The integrity algorithm of an SADB_AALG number; nil for a number nobody has.
    static func integrity(_ number: UInt8, _ dialect: SADBDialect) -> IntegrityAlgorithm? {
        guard let algorithm = Catalogue.integrity(pfkey: number), !algorithm.isObsolete else { return nil }
        guard algorithm == .hmacSHA256 else { return algorithm }
        return dialect.sha256
    }

    static func compression(_ number: UInt8) -> CompressionAlgorithm? {
        Catalogue.compression(pfkey: number)
    }

    /// nil where PF_KEY has no number.
    static func number(of cipher: KeyedCipher) -> UInt8? {
        if case .known(let known) = cipher.algorithm { known.pfkey } else { nil }
    }

    /// nil where PF_KEY has no number.
    static func number(of integrity: KeyedIntegrity) -> UInt8? {
        if case .known(let known) = integrity.algorithm { known.pfkey } else { nil }
    }

    /// nil where PF_KEY has no number.
    static func number(of compression: AlgorithmReference<CompressionAlgorithm>) -> UInt8? {
        if case .known(let known) = compression { known.pfkey } else { nil }
    }
}
