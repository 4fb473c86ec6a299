package import Algorithms
internal import CLibcrypto
package import KeyMaterial

/// Where the parts of one ESP packet are in a buffer: header, IV, body and ICV follow one another.
package struct PacketLayout: Sendable {
    /// Offset of the SPI; the header is the SPI and the sequence number, 8 octets.
    package let start: Int
    /// Octets between IV and ICV: payload, padding, pad length and next header.
    package let bodyCount: Int

    package init(start: Int, bodyCount: Int) {
        self.start = start
        self.bodyCount = bodyCount
    }
}

/// One ESP transform with its keys, applied to packets in place (RFC 4303 section 3).
///
/// It encrypts and authenticates, or authenticates and decrypts, and allocates nothing per packet.
@safe
package struct PacketProtection: ~Copyable, @unchecked Sendable {
    // why Sendable: contexts and scratch have this one owner
    /// Which way packets go; an instance does one.
    package enum Use: Sendable {
        case sealing
        case opening
    }

    /// Octets of the ESP header: SPI and sequence number.
    package static let headerSize = 8

    /// Octets of explicit IV in each packet.
    package let ivSize: Int
    /// Octets of integrity check value in each packet.
    package let icvSize: Int
    private let construction: EncryptionAlgorithm.Construction
    private var cipher: CipherContext?
    private var authentication: MessageAuthentication?
    private let scratch: Scratch

    /// Prepares a transform.
    ///
    /// - Parameters:
    ///   - encryptionKey: The key, then the salt where the cipher has one; `keyMaterialSize` octets.
    ///   - ivSeed: 16 octets nobody can guess, from which unpredictable CBC IVs are made; only for sealing.
    /// - Throws: `unsupported` for a combination that protects nothing or is not offered, `keySize` for a wrong key.
    package init(
        _ encryption: CipherChoice, encryptionKey: SecretKey, integrity: IntegrityAlgorithm?,
        integrityKey: SecretKey?, use: Use, ivSeed: borrowing SecretBytes
    ) throws(CipherFailure) {
        let algorithm = encryption.algorithm
        try Self.check(encryption, encryptionKey, integrity, integrityKey)
        // Before anything else is set, since it may throw.
        if algorithm.construction == .null {
            cipher = nil
        } else {
            cipher = try CipherContext(encryption, key: encryptionKey, use: use)
        }
        construction = algorithm.construction
        ivSize = algorithm.ivSize
        icvSize = algorithm.isAEAD ? algorithm.icvSize : integrity?.icvSize ?? 0
        scratch = Scratch(key: encryptionKey, saltSize: algorithm.saltSize, ivSeed: ivSeed)
        if let hash = integrity?.hash, let integrityKey, !algorithm.isAEAD {
            authentication = MessageAuthentication(hash, key: integrityKey)
        } else {
            authentication = nil
        }
    }

    private static func check(
        _ encryption: CipherChoice, _ key: SecretKey, _ integrity: IntegrityAlgorithm?,
        _ integrityKey: SecretKey?
    ) throws(CipherFailure) {
        guard encryption.algorithm.isInSoftware else { throw .unsupported("\(encryption)") }
        if let integrity, !integrity.isInSoftware { throw .unsupported("\(integrity)") }
        guard key.count == encryption.keyMaterialSize else {
            throw .keySize(expected: encryption.keyMaterialSize, found: key.count)
        }
        guard let integrity else {
            guard encryption.algorithm.construction != .null else {
                throw .unsupported("\(encryption) without integrity")
            }
            return
        }
        guard !encryption.algorithm.isAEAD else { throw .unsupported("\(encryption) with \(integrity)") }
        guard integrityKey?.count == integrity.keySize else {
            throw .keySize(expected: integrity.keySize, found: integrityKey?.count ?? 0)
        }
    }

    /// Writes the IV, encrypts the body and writes the ICV; the header must be in place.
    ///
    /// - Parameter counter: Never the same twice for one key: the sequence number.
    package mutating func seal(_ packet: inout MutableSpan<UInt8>, _ layout: PacketLayout, counter: UInt64) {
        require(layout, fits: packet.count)
        unsafe packet.withUnsafeMutableBytes { buffer in
            let bytes = unsafe Parts(buffer, layout, ivSize: ivSize)
            switch construction {
            case .gcm, .ccm, .gmac, .chaCha20Poly1305:
                unsafe scratch.writeCounter(counter, to: bytes.iv)
                unsafe sealAEAD(bytes)
            case .cbc, .counter:
                unsafe scratch.writeSeed(counter, to: bytes.iv, count: ivSize)
                unsafe cipher?.chain(bytes.iv, count: ivSize + bytes.bodyCount, iv: scratch.zeros)
                unsafe writeICV(bytes)
            case .null:
                unsafe writeICV(bytes)
            }
        }
    }

    /// Checks the ICV, then decrypts the body; false if the packet is not what the peer sealed.
    ///
    /// After a false the body holds nothing of use.
    package mutating func open(_ packet: inout MutableSpan<UInt8>, _ layout: PacketLayout) -> Bool {
        require(layout, fits: packet.count)
        return unsafe packet.withUnsafeMutableBytes { buffer in
            let bytes = unsafe Parts(buffer, layout, ivSize: ivSize)
            switch construction {
            case .gcm, .ccm, .gmac, .chaCha20Poly1305:
                return unsafe openAEAD(bytes)
            case .cbc, .counter:
                guard unsafe hasGoodICV(bytes) else { return false }
                return unsafe cipher?.chain(bytes.body, count: bytes.bodyCount, iv: bytes.iv) ?? false
            case .null:
                return unsafe hasGoodICV(bytes)
            }
        }
    }

    private func require(_ layout: PacketLayout, fits count: Int) {
        let end = layout.start + Self.headerSize + ivSize + layout.bodyCount + icvSize
        precondition(
            layout.start >= 0 && layout.bodyCount >= 0 && end <= count, "packet larger than its buffer")
    }

    private func sealAEAD(_ bytes: Parts) {
        unsafe scratch.writeNonce(iv: bytes.iv, count: ivSize)
        let isSealed = unsafe cipher?.seal(
            nonce: scratch.nonce, header: bytes.header, bytes.body, count: bytes.bodyCount, tag: bytes.icv)
        precondition(isSealed == true, "encryption failed")
    }

    private func openAEAD(_ bytes: Parts) -> Bool {
        unsafe scratch.writeNonce(iv: bytes.iv, count: ivSize)
        return unsafe cipher?.open(
            nonce: scratch.nonce, header: bytes.header, bytes.body, count: bytes.bodyCount, tag: bytes.icv)
            ?? false
    }

    private mutating func writeICV(_ bytes: Parts) {
        guard unsafe computeTag(bytes) else { return }
        unsafe bytes.icv.update(from: scratch.tag, count: icvSize)
    }

    private mutating func hasGoodICV(_ bytes: Parts) -> Bool {
        guard unsafe computeTag(bytes) else { return true }
        return unsafe CRYPTO_memcmp(bytes.icv, scratch.tag, icvSize) == 0
    }

    /// Whether there is integrity to check; its whole tag is then in the scratch space.
    private mutating func computeTag(_ bytes: Parts) -> Bool {
        guard authentication != nil else { return false }
        let count = unsafe Self.headerSize + ivSize + bytes.bodyCount
        authentication?.restart()
        unsafe authentication?.update(UnsafeRawBufferPointer(start: bytes.header, count: count))
        unsafe authentication?.finish(into: scratch.tagBuffer)
        return true
    }
}

/// Pointers to the parts of a packet whose bounds have been checked.
@unsafe
private struct Parts {
    let header: UnsafeMutablePointer<UInt8>
    let iv: UnsafeMutablePointer<UInt8>
    let body: UnsafeMutablePointer<UInt8>
    let icv: UnsafeMutablePointer<UInt8>
    let bodyCount: Int

    init(_ buffer: UnsafeMutableRawBufferPointer, _ layout: PacketLayout, ivSize: Int) {
        guard let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            preconditionFailure("packet larger than its buffer")
        }
        unsafe header = base + layout.start
        unsafe iv = header + PacketProtection.headerSize
        unsafe body = iv + ivSize
        unsafe icv = body + layout.bodyCount
        unsafe bodyCount = layout.bodyCount
    }
}

/// Room for a nonce and a tag, and the seed of IVs, wiped with its owner.
@safe
private struct Scratch: ~Copyable {
    /// Salt, then IV; 16 octets.
    let nonce: UnsafeMutablePointer<UInt8>
    /// 64 octets.
    let tag: UnsafeMutablePointer<UInt8>
    /// 16 octets that are never written.
    let zeros: UnsafeMutablePointer<UInt8>
    private let seed: UnsafeMutablePointer<UInt8>
    private let storage: UnsafeMutablePointer<UInt8>
    private let saltSize: Int
    private static let size = 112

    init(key: SecretKey, saltSize: Int, ivSeed: borrowing SecretBytes) {
        precondition(ivSeed.count == 16, "an IV seed has 16 octets")
        unsafe storage = .allocate(capacity: Self.size)
        unsafe storage.initialize(repeating: 0, count: Self.size)
        unsafe nonce = storage
        unsafe seed = storage + 16
        unsafe zeros = storage + 32
        unsafe tag = storage + 48
        self.saltSize = saltSize
        unsafe key.withUnsafeBytes { bytes in
            for index in 0..<saltSize { unsafe nonce[index] = bytes[bytes.count - saltSize + index] }
        }
        unsafe ivSeed.withUnsafeBytes { bytes in
            for index in 0..<16 { unsafe seed[index] = bytes[index] }
        }
    }

    deinit {
        unsafe OPENSSL_cleanse(storage, Self.size)
        unsafe storage.deallocate()
    }

    var tagBuffer: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: tag, count: 64)
    }

    /// The counter alone, as IVs of counter modes are.
    func writeCounter(_ counter: UInt64, to iv: UnsafeMutablePointer<UInt8>) {
        unsafe UnsafeMutableRawPointer(iv).storeBytes(of: counter.bigEndian, as: UInt64.self)
    }

    /// The seed with the counter mixed in, which becomes an unpredictable IV once it has been encrypted
    /// (NIST SP 800-38A appendix C).
    func writeSeed(_ counter: UInt64, to iv: UnsafeMutablePointer<UInt8>, count: Int) {
        for index in 0..<count { unsafe iv[index] = seed[index] }
        for index in 0..<8 {
            unsafe iv[count - 1 - index] ^= UInt8(truncatingIfNeeded: counter >> UInt64(8 * index))
        }
    }

    func writeNonce(iv: UnsafeMutablePointer<UInt8>, count: Int) {
        unsafe (nonce + saltSize).update(from: iv, count: count)
    }
}
