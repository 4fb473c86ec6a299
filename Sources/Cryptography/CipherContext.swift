internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// A keyed libcrypto cipher with one owner, used for packet after packet.
@safe
struct CipherContext: ~Copyable {
    private let context: OpaquePointer
    private let isSealing: Bool
    private let tagSize: Int32

    /// - Parameter key: The cipher's key; what follows it (a salt) is left alone.
    init(_ choice: CipherChoice, key: SecretKey, use: PacketProtection.Use) throws(CipherFailure) {
        guard let cipher = choice.fetched, unsafe cipher.pointer != nil else {
            throw .unsupported("\(choice)")
        }
        guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
        unsafe self.context = context
        isSealing = use == .sealing
        tagSize = Int32(choice.algorithm.icvSize)
        let encrypting: Int32 = isSealing ? 1 : 0
        let status = unsafe key.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe EVP_CipherInit_ex2(context, cipher.pointer, start, nil, encrypting, nil)
        }
        precondition(status == 1, "libcrypto refused a key whose length was checked")
        unsafe EVP_CIPHER_CTX_set_padding(context, 0)
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(context)
    }

    /// Encrypts or decrypts whole blocks in place, chained from `iv`; false if they are not whole.
    @discardableResult
    func chain(_ bytes: UnsafeMutablePointer<UInt8>, count: Int, iv: UnsafeMutablePointer<UInt8>) -> Bool {
        guard unsafe start(iv), let length = Int32(exactly: count) else { return false }
        var written: Int32 = 0
        return unsafe EVP_CipherUpdate(context, bytes, &written, bytes, length) == 1 && written == length
    }

    /// Encrypts in place and writes the tag over header and ciphertext.
    func seal(
        nonce: UnsafeMutablePointer<UInt8>, header: UnsafeMutablePointer<UInt8>,
        _ body: UnsafeMutablePointer<UInt8>, count: Int, tag: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        guard unsafe pass(nonce, header, body, count) else { return false }
        var written: Int32 = 0
        return unsafe EVP_EncryptFinal_ex(context, body + count, &written) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tagSize, tag) == 1
    }

    /// Decrypts in place; false if the tag does not fit header and ciphertext.
    func open(
        nonce: UnsafeMutablePointer<UInt8>, header: UnsafeMutablePointer<UInt8>,
        _ body: UnsafeMutablePointer<UInt8>, count: Int, tag: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        guard unsafe pass(nonce, header, body, count),
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tagSize, tag) == 1
        else { return false }
        var written: Int32 = 0
        guard unsafe EVP_DecryptFinal_ex(context, body + count, &written) == 1 else {
            ERR_clear_error()
            return false
        }
        return true
    }

    private func pass(
        _ nonce: UnsafeMutablePointer<UInt8>, _ header: UnsafeMutablePointer<UInt8>,
        _ body: UnsafeMutablePointer<UInt8>, _ count: Int
    ) -> Bool {
        guard unsafe start(nonce), let length = Int32(exactly: count) else { return false }
        var written: Int32 = 0
        let headerSize = Int32(PacketProtection.headerSize)
        return unsafe EVP_CipherUpdate(context, nil, &written, header, headerSize) == 1
            && EVP_CipherUpdate(context, body, &written, body, length) == 1
    }

    private func start(_ iv: UnsafeMutablePointer<UInt8>) -> Bool {
        unsafe EVP_CipherInit_ex2(context, nil, nil, iv, isSealing ? 1 : 0, nil) == 1
    }
}
