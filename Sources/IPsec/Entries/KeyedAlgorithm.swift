package import Algorithms
package import KeyMaterial

/// An algorithm of a database entry: one of the catalogue, or one that only the database knows.
package enum AlgorithmReference<Entry: Hashable & Sendable>: Hashable, Sendable {
    case known(Entry)
    /// The database's own name for it, such as `cbc(serpent)`.
    case foreign(String)
}

/// A cipher with its key, as a SAD holds it.
package struct KeyedCipher: Sendable {
    package var algorithm: AlgorithmReference<EncryptionAlgorithm>
    /// The key, then the salt where the cipher has one; empty for the null cipher.
    package var key: SecretKey
    /// Bits of ICV; nil unless the cipher is an AEAD.
    package var icvBits: Int?

    package init(_ algorithm: AlgorithmReference<EncryptionAlgorithm>, key: SecretKey, icvBits: Int? = nil) {
        self.algorithm = algorithm
        self.key = key
        self.icvBits = icvBits
    }

    /// A cipher of the catalogue, with the ICV length it always has.
    package init(_ algorithm: EncryptionAlgorithm, key: SecretKey) {
        self.init(.known(algorithm), key: key, icvBits: algorithm.isAEAD ? algorithm.icvSize * 8 : nil)
    }
}

/// An integrity algorithm with its key, as a SAD holds it.
package struct KeyedIntegrity: Sendable {
    package var algorithm: AlgorithmReference<IntegrityAlgorithm>
    package var key: SecretKey
    /// Bits of the truncated ICV in a packet.
    package var icvBits: Int

    package init(_ algorithm: AlgorithmReference<IntegrityAlgorithm>, key: SecretKey, icvBits: Int) {
        self.algorithm = algorithm
        self.key = key
        self.icvBits = icvBits
    }

    /// An algorithm of the catalogue, truncated as its entry says.
    package init(_ algorithm: IntegrityAlgorithm, key: SecretKey) {
        self.init(.known(algorithm), key: key, icvBits: algorithm.icvSize * 8)
    }
}

/// What an SA does to packets.
package enum SATransform: Sendable {
    /// Nothing yet: the SA is larval, made by an acquire or by the allocation of an SPI.
    case none
    /// ESP; integrity is nil where the cipher is an AEAD, or where there is none at all.
    case esp(KeyedCipher, KeyedIntegrity?)
    case ah(KeyedIntegrity)
    case ipcomp(AlgorithmReference<CompressionAlgorithm>)
}
