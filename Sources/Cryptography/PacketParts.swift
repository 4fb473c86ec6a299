internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// Pointers to the parts of a packet whose bounds have been checked.
@unsafe
struct PacketParts {
    let header: UnsafeMutablePointer<UInt8>
    let iv: UnsafeMutablePointer<UInt8>
    let body: UnsafeMutablePointer<UInt8>
    let icv: UnsafeMutablePointer<UInt8>
    let bodyCount: Int
    private let ivSize: Int

    init(_ buffer: UnsafeMutableRawBufferPointer, _ layout: PacketLayout, ivSize: Int) {
        guard let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            preconditionFailure("packet larger than its buffer")
        }
        unsafe header = base + layout.start
        unsafe iv = header + PacketProtection.headerSize
        unsafe body = iv + ivSize
        unsafe icv = body + layout.bodyCount
        unsafe bodyCount = layout.bodyCount
        unsafe self.ivSize = ivSize
    }

    /// IV and body: what GMAC authenticates behind SPI and sequence number (RFC 4543 section 3.3, erratum 1821).
    var ivAndBody: UnsafeMutableBufferPointer<UInt8> {
        unsafe UnsafeMutableBufferPointer(start: iv, count: ivSize + bodyCount)
    }

    /// What ciphers authenticate but do not encrypt.
    var headerAlone: CipherContext.Additional {
        unsafe CipherContext.Additional(start: header, count: PacketProtection.headerSize)
    }

    /// All that the ICV is over.
    var authenticated: CipherContext.Additional {
        unsafe CipherContext.Additional(
            start: header, count: PacketProtection.headerSize + ivSize + bodyCount)
    }
}

/// Room for a nonce and a tag, and the seed of IVs, wiped with its owner.
@safe
struct PacketScratch: ~Copyable {
    /// Salt, then IV, then for counter mode the first block's number; 16 octets.
    let nonce: UnsafeMutablePointer<UInt8>
    /// As many octets as an integrity algorithm may write.
    let tag: UnsafeMutablePointer<UInt8>
    /// The last block of ciphertext of the packet before; zeros before the first.
    private let lastBlock: UnsafeMutablePointer<UInt8>
    private let seed: UnsafeMutablePointer<UInt8>
    private let storage: UnsafeMutablePointer<UInt8>
    private let saltSize: Int
    /// SPI and extended sequence number, 12 octets.
    private let header: UnsafeMutablePointer<UInt8>
    private static let size = 64 + PacketAuthentication.tagRoom

    init(_ algorithm: EncryptionAlgorithm, key: SecretKey, ivSeed: borrowing SecretBytes) {
        precondition(ivSeed.count == 16, "an IV seed has 16 octets")
        unsafe storage = .allocate(capacity: Self.size)
        unsafe storage.initialize(repeating: 0, count: Self.size)
        unsafe nonce = storage
        unsafe seed = storage + 16
        unsafe lastBlock = storage + 32
        unsafe header = storage + 48
        unsafe tag = storage + 64
        saltSize = algorithm.saltSize
        // RFC 3686 section 4: the counter starts at one.
        if algorithm.construction == .counter { unsafe nonce[15] = 1 }
        unsafe key.withUnsafeBytes { bytes in
            for index in 0..<algorithm.saltSize {
                unsafe nonce[index] = bytes[bytes.count - algorithm.saltSize + index]
            }
        }
        unsafe ivSeed.withUnsafeBytes { bytes in
            for index in 0..<16 { unsafe seed[index] = bytes[index] }
        }
    }

    deinit {
        unsafe OPENSSL_cleanse(storage, Self.size)
        unsafe storage.deallocate()
    }

    /// The counter alone, as IVs of counter modes are.
    func writeCounter(_ counter: UInt64, to iv: UnsafeMutablePointer<UInt8>) {
        unsafe UnsafeMutableRawPointer(iv).storeBytes(of: counter.bigEndian, as: UInt64.self)
    }

    /// The seed with the counter mixed in, which becomes an unpredictable IV once it has been encrypted
    /// (NIST SP 800-38A appendix C).
    func writeSeed(_ counter: UInt64, to iv: UnsafeMutablePointer<UInt8>, count: Int) {
        unsafe iv.update(from: seed, count: count)
        let last = unsafe UnsafeMutableRawPointer(iv + count - 8)
        let mixed = unsafe last.loadUnaligned(as: UInt64.self) ^ counter.bigEndian
        unsafe last.storeBytes(of: mixed, as: UInt64.self)
    }

    func mixInLastBlock(to iv: UnsafeMutablePointer<UInt8>, count: Int) {
        for offset in stride(from: 0, to: count, by: 8) {
            let target = unsafe UnsafeMutableRawPointer(iv + offset)
            let last = unsafe UnsafeMutableRawPointer(lastBlock + offset).loadUnaligned(as: UInt64.self)
            unsafe target.storeBytes(of: target.loadUnaligned(as: UInt64.self) ^ last, as: UInt64.self)
        }
    }

    func keepLastBlock(endingAt end: UnsafeMutablePointer<UInt8>, count: Int) {
        unsafe lastBlock.update(from: end - count, count: count)
    }

    /// The SPI and the whole of the extended sequence number (RFC 4106 section 5, RFC 7634 section 2.1).
    func extendedHeader(_ packet: UnsafeMutablePointer<UInt8>, high: UInt32) -> CipherContext.Additional {
        unsafe header.update(from: packet, count: 4)
        unsafe UnsafeMutableRawPointer(header + 4).storeBytes(of: high.bigEndian, as: UInt32.self)
        unsafe (header + 8).update(from: packet + 4, count: 4)
        return unsafe CipherContext.Additional(start: header, count: 12)
    }

    @inline(always)
    func writeNonce(iv: UnsafeMutablePointer<UInt8>, count: Int) {
        unsafe (nonce + saltSize).update(from: iv, count: count)
    }
}
