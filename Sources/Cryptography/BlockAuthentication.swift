internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// A CBC-MAC of AES whose last block is masked: AES-CMAC (RFC 4493) or AES-XCBC-MAC (RFC 3566).
///
/// It is fed piece by piece and can be restarted with the same key; it allocates only when it is keyed.
@safe
struct BlockAuthentication: ~Copyable {
    enum Masking {
        case cmac
        case xcbc
    }

    /// Octets of the whole tag, of a key and of a block.
    static let size = 16
    /// Octets of ciphertext that are thrown away at a time.
    private static let chunkSize = 256

    private let context: OpaquePointer
    private let storage: UnsafeMutablePointer<UInt8>
    /// What may be the last block of the message.
    private let pending: UnsafeMutablePointer<UInt8>
    private let wholeMask: UnsafeMutablePointer<UInt8>
    private let paddedMask: UnsafeMutablePointer<UInt8>
    private let zeros: UnsafeMutablePointer<UInt8>
    private let chunk: UnsafeMutablePointer<UInt8>
    private var pendingCount = 0

    /// - Parameter key: 16 octets.
    /// - Throws: `missing` where the host's libcrypto lacks AES.
    init(_ masking: Masking, key: SecretKey) throws(CipherFailure) {
        precondition(key.count == Self.size, "the key's length has been checked")
        let choice = CipherChoice(.aesCBC, keyBits: 128)
        guard let cipher = choice.fetched, unsafe cipher.pointer != nil else { throw .missing("\(choice)") }
        guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
        unsafe self.context = context
        unsafe storage = .allocate(capacity: 4 * Self.size + Self.chunkSize)
        unsafe storage.initialize(repeating: 0, count: 4 * Self.size + Self.chunkSize)
        unsafe pending = storage
        unsafe wholeMask = storage + Self.size
        unsafe paddedMask = storage + 2 * Self.size
        unsafe zeros = storage + 3 * Self.size
        unsafe chunk = storage + 4 * Self.size
        let isKeyed = unsafe cipher.start(context, choice, key: key, encrypting: 1)
        precondition(isKeyed, "libcrypto refused a key whose length was checked")
        switch masking {
        case .cmac: deriveCMACMasks()
        case .xcbc: deriveXCBCKeys()
        }
        restart()
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(context)
        unsafe OPENSSL_cleanse(storage, 4 * Self.size + Self.chunkSize)
        unsafe storage.deallocate()
    }

    /// The encryption of a block of zeros, doubled once and twice (RFC 4493 section 2.3).
    private func deriveCMACMasks() {
        unsafe encryptAlone(zeros, into: wholeMask)
        unsafe Self.double(wholeMask)
        unsafe paddedMask.update(from: wholeMask, count: Self.size)
        unsafe Self.double(paddedMask)
    }

    /// Three keys, the encryptions of blocks full of 1, 2 and 3; the first takes the key's place (RFC 3566
    /// section 4).
    private func deriveXCBCKeys() {
        unsafe pending.update(repeating: 2, count: Self.size)
        unsafe encryptAlone(pending, into: wholeMask)
        unsafe pending.update(repeating: 3, count: Self.size)
        unsafe encryptAlone(pending, into: paddedMask)
        unsafe pending.update(repeating: 1, count: Self.size)
        unsafe encryptAlone(pending, into: chunk)
        let isKeyed = unsafe EVP_CipherInit_ex2(context, nil, chunk, nil, 1, nil) == 1
        precondition(isKeyed, "libcrypto refused a key whose length was checked")
    }

    private func encryptAlone(
        _ block: UnsafeMutablePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
    ) {
        start()
        var written: Int32 = 0
        let status = unsafe EVP_CipherUpdate(context, target, &written, block, Int32(Self.size))
        precondition(status == 1, "encryption failed")
    }

    /// Multiplies by x in the field of 2^128 elements, in constant time.
    private static func double(_ block: UnsafeMutablePointer<UInt8>) {
        let reduction = unsafe (block[0] >> 7) &* 0x87
        for index in 0..<size - 1 { unsafe block[index] = block[index] << 1 | block[index + 1] >> 7 }
        unsafe block[size - 1] = block[size - 1] << 1 ^ reduction
    }

    private func start() {
        let status = unsafe EVP_CipherInit_ex2(context, nil, nil, zeros, 1, nil)
        precondition(status == 1, "encryption failed")
    }

    /// Starts over with the same key; what was fed since the last start is forgotten.
    mutating func restart() {
        start()
        pendingCount = 0
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard var next = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        var count = bytes.count
        let taken = min(count, Self.size - pendingCount)
        unsafe (pending + pendingCount).update(from: next, count: taken)
        pendingCount += taken
        unsafe next += taken
        count -= taken
        // What comes last stays, since its mask depends on its length.
        guard count > 0 else { return }
        unsafe absorb(pending, Self.size)
        let whole = (count - 1) / Self.size * Self.size
        unsafe absorb(next, whole)
        pendingCount = count - whole
        unsafe pending.update(from: next + whole, count: pendingCount)
    }

    /// Chains whole blocks.
    private func absorb(_ blocks: UnsafePointer<UInt8>, _ count: Int) {
        for start in stride(from: 0, to: count, by: Self.chunkSize) {
            var written: Int32 = 0
            let length = Int32(min(Self.chunkSize, count - start))
            let status = unsafe EVP_CipherUpdate(context, chunk, &written, blocks + start, length)
            precondition(status == 1, "encryption failed")
        }
    }

    /// Writes the whole tag of 16 octets.
    mutating func finish(into target: UnsafeMutablePointer<UInt8>) {
        let isWhole = pendingCount == Self.size
        if !isWhole {
            unsafe pending[pendingCount] = 0x80
            for index in pendingCount + 1..<Self.size { unsafe pending[index] = 0 }
        }
        let mask = unsafe isWhole ? wholeMask : paddedMask
        for index in 0..<Self.size { unsafe pending[index] ^= mask[index] }
        unsafe absorb(pending, Self.size)
        unsafe target.update(from: chunk, count: Self.size)
    }
}
