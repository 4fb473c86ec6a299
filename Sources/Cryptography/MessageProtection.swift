package import Algorithms
internal import KeyMaterial

/// Why a message of IKEv2 was not opened or not sealed.
package enum MessageProtectionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Less than IV, pad length and ICV fill, or the body is no number of whole blocks; octets after the header.
    case wrongLength(Int)
    /// The ICV is not the one of this message under this key.
    case badIntegrity
    /// The pad length, in octets, is more than there is before it, in octets.
    case badPadding(padding: Int, available: Int)
    /// So many messages were sealed that the next would use an IV for the second time.
    case exhausted

    package var description: String {
        switch self {
        case .wrongLength(let count): "\(count) octets are no encrypted payload of the negotiated cipher"
        case .badIntegrity: "the integrity check value is wrong: altered on the way, or the keys differ"
        case .badPadding(let padding, let available):
            "\(padding) octets of padding in a plaintext of \(available)"
        case .exhausted: "the key has been used for as many messages as it may be"
        }
    }
}

/// The algorithms that protect the messages of an IKEv2 SA, and how long things are under them (RFC 7296 section
/// 3.14, RFC 5282, RFC 5930, RFC 7634).
///
/// ```
/// | header … generic header of SK | IV | payloads | padding | pad length | ICV |
/// |<-------- authenticated ----------->|<------- encrypted ------------->|
/// ```
package struct MessageProtection: Hashable, Sendable {
    package let encryption: CipherChoice
    /// nil for ciphers that authenticate.
    package let integrity: IntegrityAlgorithm?

    /// - Parameter integrity: nil or the null algorithm beside ciphers that authenticate.
    /// - Throws: `unsupported` for what may not protect IKE: no encryption, GMAC, a cipher that does not
    ///   authenticate without an integrity algorithm, or one that does with it; `missing` for what the host's
    ///   libcrypto lacks.
    package init(_ encryption: CipherChoice, integrity: IntegrityAlgorithm?) throws(CipherFailure) {
        let integrity = integrity == .null ? nil : integrity
        let algorithm = encryption.algorithm
        guard algorithm.isForIKEv2, algorithm.keyLengths.contains(encryption.keyBits) else {
            throw .unsupported("\(encryption) for IKE")
        }
        guard algorithm.isAEAD == (integrity == nil) else {
            throw .unsupported("\(encryption) with integrity \(integrity?.name ?? "none")")
        }
        guard unsafe encryption.fetched?.pointer != nil else { throw .missing("\(encryption)") }
        if let integrity, !integrity.isOffered { throw .missing("\(integrity)") }
        self.encryption = encryption
        self.integrity = integrity
    }

    /// Octets of SK_ei and of SK_er: the cipher's key, then its salt.
    package var encryptionKeySize: Int { encryption.keyMaterialSize }
    /// Octets of SK_ai and of SK_ar; 0 for ciphers that authenticate.
    package var integrityKeySize: Int { integrity?.keySize ?? 0 }
    /// Octets of IV in front of the ciphertext.
    package var ivSize: Int { encryption.algorithm.ivSize }
    /// Octets of integrity check value behind it.
    package var icvSize: Int { integrity?.icvSize ?? encryption.algorithm.icvSize }

    /// Octets that follow the generic header when `count` octets of payloads are sealed.
    package func sealedCount(_ count: Int) -> Int {
        ivSize + count + paddingCount(for: count) + 1 + icvSize
    }

    /// The most octets of payloads that fit where `room` octets may follow the generic header; nil if not even none.
    package func capacity(within room: Int) -> Int? {
        let body = room - ivSize - icvSize
        let blockSize = encryption.algorithm.blockSize
        let capacity = body - body % blockSize - 1
        return body > 0 && capacity >= 0 ? capacity : nil
    }

    /// No more padding than the cipher's blocks ask for: none where it has no blocks.
    func paddingCount(for count: Int) -> Int {
        let blockSize = encryption.algorithm.blockSize
        return (blockSize - (count + 1) % blockSize) % blockSize
    }
}

extension IntegrityAlgorithm {
    /// Whether the host's libcrypto has the hash or cipher under it.
    fileprivate var isOffered: Bool {
        switch construction {
        case .hmac(let hash): unsafe hash.fetched.pointer != nil
        case .xcbc, .cmac: unsafe CipherChoice(.aesCBC, keyBits: 128).fetched?.pointer != nil
        case .null, .keyed: false
        }
    }
}

/// The keys of one direction of an IKEv2 SA, checked against the algorithms.
///
/// libcrypto's contexts are made for each message and not kept: an SA that lives for hours sees a message a minute, and
/// ten thousand of them are remembered at once.
struct MessageKeys: Sendable {
    let protection: MessageProtection
    private let encryptionKey: SecretKey
    private let integrityKey: SecretKey?

    /// - Throws: `keySize` for a key of the wrong length.
    init(
        _ protection: MessageProtection, encryptionKey: SecretKey, integrityKey: SecretKey?
    ) throws(CipherFailure) {
        guard encryptionKey.count == protection.encryptionKeySize else {
            throw .keySize(expected: protection.encryptionKeySize, found: encryptionKey.count)
        }
        let integrityCount = integrityKey?.count ?? 0
        guard integrityCount == protection.integrityKeySize else {
            throw .keySize(expected: protection.integrityKeySize, found: integrityCount)
        }
        self.protection = protection
        self.encryptionKey = encryptionKey
        self.integrityKey = protection.integrity == nil ? nil : integrityKey
    }

    func cipher(_ use: PacketProtection.Use) throws(CipherFailure) -> CipherContext {
        try CipherContext(protection.encryption, key: encryptionKey, use: use)
    }

    /// What makes or checks the ICV of one message; nil beside a cipher that authenticates.
    func authentication() throws(CipherFailure) -> PacketAuthentication? {
        guard let integrity = protection.integrity, let integrityKey else { return nil }
        return try PacketAuthentication(integrity, key: integrityKey, for: .oneTag)
    }

    /// Writes the nonce of counter modes and AEADs: salt, IV, and for counter mode the first block's number.
    func writeNonce(iv: UnsafeMutablePointer<UInt8>, to nonce: UnsafeMutablePointer<UInt8>) {
        let algorithm = protection.encryption.algorithm
        unsafe encryptionKey.withUnsafeBytes { key in
            for index in 0..<algorithm.saltSize {
                unsafe nonce[index] = key[key.count - algorithm.saltSize + index]
            }
        }
        unsafe (nonce + algorithm.saltSize).update(from: iv, count: algorithm.ivSize)
        // RFC 5930 section 3: the block counter starts at one.
        if algorithm.construction == .counter { unsafe nonce[15] = 1 }
    }
}
