/// A cipher as the negotiation, the kernel and the software engine know it: every number, name and size.
///
/// Equal when the canonical name is equal: the catalogue holds one entry per name, which all share.
package final class EncryptionAlgorithm: Sendable {
    /// How the cipher is used in ESP and in IKE.
    package enum Construction: Sendable, Hashable {
        /// No encryption (RFC 2410).
        case null
        /// Cipher block chaining with an explicit, unpredictable IV (RFC 2451, RFC 3602).
        case cbc
        /// Counter mode: nonce from the key material, explicit IV, no ICV of its own (RFC 3686).
        case counter
        /// Galois/counter mode (RFC 4106).
        case gcm
        /// Counter mode with CBC-MAC (RFC 4309).
        case ccm
        /// Galois message authentication: an ICV like that of `gcm`, and no encryption (RFC 4543).
        case gmac
        /// ChaCha20 and Poly1305 (RFC 7634).
        case chaCha20Poly1305
    }

    /// The name in our own output, such as `aes-cbc`.
    package let name: String
    package let construction: Construction
    /// Key lengths in bits, without the salt.
    package let keyLengths: KeyLengths
    /// Bits assumed where a configuration or a peer names none.
    package let defaultKeyLength: Int
    /// Cipher block in octets; 1 where there is none.
    package let blockSize: Int
    /// Explicit IV in each packet, octets.
    package let ivSize: Int
    /// Octets of salt that follow the key in the key material (RFC 4106 section 8.1); RFC 3686 calls them nonce.
    package let saltSize: Int
    /// Octets of integrity check value that the cipher itself adds; 0 unless `isAEAD`.
    package let icvSize: Int

    /// Whether the software engine performs it; if not, only a kernel that has it does.
    package let isInSoftware: Bool

    /// Oakley encryption algorithm, phase 1 attribute 1 (RFC 2409 appendix A); nil where phase 1 cannot use it.
    package let ikev1Phase1: UInt16?
    /// IPsec DOI ESP transform identifier (RFC 2407 section 4.4.4).
    package let ikev1ESP: UInt8?
    /// IKEv2 transform type 1.
    package let ikev2: UInt16?
    /// PF_KEY SADB_EALG number.
    package let pfkey: UInt8?
    /// The kernel's crypto API name in XFRM.
    package let xfrm: String
    /// racoon.conf words, the preferred one first; none where IKEv1 cannot negotiate it here.
    package let keywords: [String]
    /// setkey words after `-E`, the preferred one first.
    package let setkeyNames: [String]
    /// Words of strongSwan's and libreswan's one-line proposals, the preferred one first; none where IKEv2 cannot
    /// negotiate it.
    ///
    /// `#` stands for the key length in bits, which may be left out where it would come last.
    package let proposalWords: [String]

    init(
        name: String, construction: Construction, keyLengths: KeyLengths, defaultKeyLength: Int,
        blockSize: Int, ivSize: Int, saltSize: Int, icvSize: Int, isInSoftware: Bool, ikev1Phase1: UInt16?,
        ikev1ESP: UInt8?, ikev2: UInt16?, pfkey: UInt8?, xfrm: String, keywords: [String],
        setkeyNames: [String], proposalWords: [String]
    ) {
        self.name = name
        self.construction = construction
        self.keyLengths = keyLengths
        self.defaultKeyLength = defaultKeyLength
        self.blockSize = blockSize
        self.ivSize = ivSize
        self.saltSize = saltSize
        self.icvSize = icvSize
        self.isInSoftware = isInSoftware
        self.ikev1Phase1 = ikev1Phase1
        self.ikev1ESP = ikev1ESP
        self.ikev2 = ikev2
        self.pfkey = pfkey
        self.xfrm = xfrm
        self.keywords = keywords
        self.setkeyNames = setkeyNames
        self.proposalWords = proposalWords
    }

    /// Whether it makes the ICV itself and takes no integrity algorithm beside it.
    ///
    /// True for GMAC too, which encrypts nothing but stands in the same place in every protocol.
    package var isAEAD: Bool {
        switch construction {
        case .null, .cbc, .counter: false
        case .gcm, .ccm, .gmac, .chaCha20Poly1305: true
        }
    }

    /// Whether it may protect the messages of IKEv2: a cipher of more than 64 bits that the software performs.
    ///
    /// RFC 8247 section 2.1 forbids DES, and RFC 7296 section 3.3.2 to encrypt nothing.
    package var isForIKEv2: Bool {
        switch construction {
        case .null, .gmac: false
        case .cbc, .counter, .gcm, .ccm, .chaCha20Poly1305:
            ikev2 != nil && isInSoftware && keyLengths.maximum > 64
        }
    }

    /// Whether the key length is negotiated by an attribute (AES) or fixed by the algorithm (3DES).
    package var hasVariableKeyLength: Bool { keyLengths.isVariable }
}

extension EncryptionAlgorithm: Hashable {
    package static func == (left: EncryptionAlgorithm, right: EncryptionAlgorithm) -> Bool {
        left === right || left.name == right.name
    }
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
        algorithm.hasVariableKeyLength ? algorithm.name + "-" + String(keyBits) : algorithm.name
    }
}
