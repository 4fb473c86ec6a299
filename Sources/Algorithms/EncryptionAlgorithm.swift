/// A cipher as the negotiation, the kernel and the software engine know it: every number, name and size.
///
/// Equal when the canonical name is equal: the catalogue holds one entry per name.
package struct EncryptionAlgorithm: Sendable {
    /// How the cipher is used in ESP and in IKE.
    package enum Construction: Sendable, Hashable {
        /// No encryption (RFC 2410).
        case null
        /// Cipher block chaining with an explicit, unpredictable IV (RFC 2451, RFC 3602).
        case cbc
        /// Authenticated encryption: salt from the key material, explicit IV, own ICV (RFC 4106).
        case aead
    }

    /// The name in our own output, such as `aes-cbc`.
    package let name: String
    package let construction: Construction
    /// Key lengths in bits, without the salt, ascending.
    package let keyLengths: [Int]
    /// Bits assumed where a configuration or a peer names none.
    package let defaultKeyLength: Int
    /// Whether the key length is negotiated by an attribute (AES) or fixed by the algorithm (3DES).
    package let hasVariableKeyLength: Bool
    /// Cipher block in octets; 1 where there is none.
    package let blockSize: Int
    /// Explicit IV in each packet, octets.
    package let ivSize: Int
    /// Octets of salt that follow the key in the key material (RFC 4106 section 8.1).
    package let saltSize: Int
    /// Octets of integrity check value that the cipher itself adds; 0 unless `aead`.
    package let icvSize: Int

    /// Oakley encryption algorithm, phase 1 attribute 1 (RFC 2409 appendix A).
    package let ikev1Phase1: UInt16?
    /// IPsec DOI ESP transform identifier (RFC 2407 section 4.4.4).
    package let ikev1ESP: UInt8?
    /// IKEv2 transform type 1.
    package let ikev2: UInt16?
    /// PF_KEY SADB_EALG number.
    package let pfkey: UInt8?
    /// The kernel's crypto API name in XFRM.
    package let xfrm: String
    /// racoon.conf words, the preferred one first.
    package let keywords: [String]
    /// setkey words after `-E`, the preferred one first.
    package let setkeyNames: [String]

    package var isAEAD: Bool { construction == .aead }
}

extension EncryptionAlgorithm: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.name == right.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension EncryptionAlgorithm: CustomStringConvertible {
    package var description: String { name }
}

/// A cipher with the key length chosen.
package struct CipherChoice: Hashable, Sendable, CustomStringConvertible {
    package let algorithm: EncryptionAlgorithm
    /// Bits of key, without the salt; 0 for the null cipher.
    package let keyBits: Int

    package init(_ algorithm: EncryptionAlgorithm, keyBits: Int? = nil) {
        self.algorithm = algorithm
        self.keyBits = keyBits ?? algorithm.defaultKeyLength
    }

    /// Octets of key and salt that the key derivation must give.
    package var keyMaterialSize: Int { keyBits / 8 + algorithm.saltSize }

    /// `aes-cbc-256`, `3des-cbc`, `null`.
    package var description: String {
        algorithm.hasVariableKeyLength ? "\(algorithm.name)-\(keyBits)" : algorithm.name
    }
}
