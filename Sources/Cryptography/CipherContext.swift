internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// A keyed libcrypto cipher with one owner, used for packet after packet.
@safe
struct CipherContext: ~Copyable {
    /// What an AEAD authenticates without encrypting it: `count` octets from `start`, then those of `rest`.
    @unsafe
    struct Additional {
        let start: UnsafeMutablePointer<UInt8>
        let count: Int
        var rest: UnsafeMutableBufferPointer<UInt8>?
    }

    /// How libcrypto is told the nonce of each packet.
    enum NonceSetting {
        case initialization
        /// Of ChaCha20-Poly1305 alone, which then has 12 octets of it.
        case parameter
    }

    private let context: OpaquePointer
    private let isSealing: Bool
    /// CCM must be told the length of each packet first, and verifies the tag while it decrypts.
    private let isCCM: Bool
    private let tagSize: Int
    /// For GCM: libcrypto counts the nonces itself, which spares setting each of them.
    private var count: InvocationCount?
    /// The one takes less time, the other always works.
    var nonceSetting = NonceSetting.initialization

    /// - Parameter key: The cipher's key; what follows it (a salt) is left alone.
    /// - Throws: `missing` where the host's libcrypto lacks the cipher.
    init(_ choice: CipherChoice, key: SecretKey, use: PacketProtection.Use) throws(CipherFailure) {
        guard let cipher = choice.fetched, unsafe cipher.pointer != nil else {
            throw .missing("\(choice)")
        }
        guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
        // What is chained starts from zeros; all else gets its IV or nonce packet by packet.
        let isChained = choice.algorithm.construction == .cbc
        let zeros = [UInt8](repeating: 0, count: isChained ? choice.algorithm.ivSize : 0)
        let isStarted = unsafe zeros.withUnsafeBufferPointer { zeros in
            unsafe cipher.start(
                context, choice, key: key, iv: isChained ? zeros.baseAddress : nil,
                encrypting: use == .sealing ? 1 : 0)
        }
        guard isStarted else {
            unsafe EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
            throw .missing("\(choice)")
        }
        unsafe self.context = context
        isSealing = use == .sealing
        isCCM = choice.algorithm.construction == .ccm
        tagSize = choice.algorithm.icvSize
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(context)
    }

    /// Encrypts or decrypts whole blocks in place, chained to the last block of ciphertext that went through before,
    /// or to zeros.
    func chain(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        guard let length = Int32(exactly: count) else { return false }
        var written: Int32 = 0
        return unsafe EVP_CipherUpdate(context, bytes, &written, bytes, length) == 1 && written == length
    }

    /// Encrypts or decrypts in place from `iv`.
    func apply(_ bytes: UnsafeMutablePointer<UInt8>, count: Int, iv: UnsafeMutablePointer<UInt8>) -> Bool {
        guard unsafe start(iv), let length = Int32(exactly: count) else { return false }
        var written: Int32 = 0
        return unsafe EVP_CipherUpdate(context, bytes, &written, bytes, length) == 1 && written == length
    }

    /// Lets libcrypto count GCM's nonces, where it can.
    ///
    /// - Parameter nonce: 12 octets: the salt, and an IV of zeros.
    mutating func countNonces(from nonce: UnsafeMutablePointer<UInt8>) {
        unsafe count = InvocationCount(context, from: nonce, isSealing: isSealing)
    }

    /// Encrypts in place and writes the tag over the additional octets and the ciphertext.
    func seal(
        nonce: UnsafeMutablePointer<UInt8>, _ additional: Additional, _ body: UnsafeMutablePointer<UInt8>,
        count: Int, tag: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        guard unsafe startSealing(nonce), unsafe pass(additional, body, count)
        else { return false }
        var written: Int32 = 0
        guard unsafe EVP_EncryptFinal_ex(context, body + count, &written) == 1 else { return false }
        return unsafe self.count?.takeTag(context, tag, tagSize)
            ?? (swiftike_take_tag(context, tag, tagSize) == 1)
    }

    /// Decrypts in place; false if the tag does not fit the additional octets and the ciphertext.
    func open(
        nonce: UnsafeMutablePointer<UInt8>, _ additional: Additional, _ body: UnsafeMutablePointer<UInt8>,
        count: Int, tag: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        guard unsafe startOpening(nonce, tag), unsafe pass(additional, body, count),
            unsafe isCCM || endsWell(body + count)
        else {
            // A parameter would not end a packet that libcrypto has not come to the end of.
            if nonceSetting == .parameter { _ = unsafe start(nonce) }
            ERR_clear_error()
            return false
        }
        return true
    }

    private func startSealing(_ nonce: UnsafeMutablePointer<UInt8>) -> Bool {
        switch nonceSetting {
        case .initialization: unsafe count?.start(context, nonce) ?? start(nonce)
        case .parameter: unsafe swiftike_chacha_set_nonce(context, nonce) == 1
        }
    }

    private func startOpening(
        _ nonce: UnsafeMutablePointer<UInt8>, _ tag: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        switch nonceSetting {
        case .initialization:
            if count != nil {
                return unsafe swiftike_gcm_start_opening(context, nonce + 4, tag, tagSize) == 1
            }
            return unsafe start(nonce) && swiftike_set_tag(context, tag, tagSize) == 1
        case .parameter:
            return unsafe swiftike_chacha_start_opening(context, nonce, tag, tagSize) == 1
        }
    }

    private func endsWell(_ end: UnsafeMutablePointer<UInt8>) -> Bool {
        var written: Int32 = 0
        return unsafe EVP_DecryptFinal_ex(context, end, &written) == 1
    }

    private func pass(
        _ additional: Additional, _ body: UnsafeMutablePointer<UInt8>, _ count: Int
    ) -> Bool {
        guard let length = Int32(exactly: count),
            let additionalCount = unsafe Int32(exactly: additional.count)
        else { return false }
        var written: Int32 = 0
        if isCCM {
            guard unsafe EVP_CipherUpdate(context, nil, &written, nil, length) == 1 else { return false }
        }
        guard unsafe EVP_CipherUpdate(context, nil, &written, additional.start, additionalCount) == 1 else {
            return false
        }
        if let rest = unsafe additional.rest {
            guard let restCount = Int32(exactly: rest.count),
                unsafe EVP_CipherUpdate(context, nil, &written, rest.baseAddress, restCount) == 1
            else { return false }
        }
        guard length > 0 || isCCM else { return true }
        return unsafe EVP_CipherUpdate(context, body, &written, body, length) == 1
    }

    private func start(_ iv: UnsafeMutablePointer<UInt8>) -> Bool {
        unsafe EVP_CipherInit_ex2(context, nil, nil, iv, isSealing ? 1 : 0, nil) == 1
    }
}
