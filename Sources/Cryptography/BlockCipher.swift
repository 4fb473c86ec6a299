package import Algorithms
internal import CLibcrypto
package import KeyMaterial

/// Why bytes were not encrypted or decrypted.
package enum CipherFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The cipher is not one that chains blocks, or nothing here performs it.
    case unsupported(String)
    /// The host's libcrypto does not offer it.
    case missing(String)
    /// The key has another length than the cipher wants; both in octets.
    case keySize(expected: Int, found: Int)
    /// The initialization vector has another length than a block; both in octets.
    case ivSize(expected: Int, found: Int)
    /// The bytes do not fill whole blocks; octets.
    case partialBlock(blockSize: Int, found: Int)

    package var description: String {
        switch self {
        case .unsupported(let name): "\(name) is not offered"
        case .missing(let name): "the libcrypto of this host lacks \(name)"
        case .keySize(let expected, let found): "a key of \(found) octets where \(expected) are needed"
        case .ivSize(let expected, let found): "an IV of \(found) octets where \(expected) are needed"
        case .partialBlock(let size, let found): "\(found) octets do not fill blocks of \(size)"
        }
    }
}

/// A cipher in CBC mode over whole IKE messages, without padding of its own (RFC 2409 appendix B).
package struct BlockCipher: Sendable {
    private let choice: CipherChoice
    private let key: SecretKey
    private let cipher: Fetched

    /// Octets in a block, and in an initialization vector.
    package var blockSize: Int { choice.algorithm.blockSize }

    /// - Throws: `unsupported` unless the cipher is a CBC one, `keySize` unless the key is `keyBits / 8` octets.
    package init(_ choice: CipherChoice, key: SecretKey) throws(CipherFailure) {
        guard choice.algorithm.construction == .cbc, let cipher = choice.fetched else {
            throw .unsupported(choice.description)
        }
        guard unsafe cipher.pointer != nil else { throw .missing(choice.description) }
        guard key.count == choice.keyBits / 8 else {
            throw .keySize(expected: choice.keyBits / 8, found: key.count)
        }
        self.choice = choice
        self.key = key
        self.cipher = cipher
    }

    /// Encrypts in place.
    ///
    /// - Throws: `ivSize` or `partialBlock`, leaving `bytes` alone.
    package func encrypt(_ bytes: inout [UInt8], iv: [UInt8]) throws(CipherFailure) {
        try run(&bytes, iv: iv, encrypting: 1)
    }

    /// Decrypts in place.
    ///
    /// - Throws: `ivSize` or `partialBlock`, leaving `bytes` alone.
    package func decrypt(_ bytes: inout [UInt8], iv: [UInt8]) throws(CipherFailure) {
        try run(&bytes, iv: iv, encrypting: 0)
    }

    private func run(_ bytes: inout [UInt8], iv: [UInt8], encrypting: Int32) throws(CipherFailure) {
        guard iv.count == blockSize else { throw .ivSize(expected: blockSize, found: iv.count) }
        guard bytes.count % blockSize == 0, let count = Int32(exactly: bytes.count) else {
            throw .partialBlock(blockSize: blockSize, found: bytes.count)
        }
        guard count > 0 else { return }
        guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        var written: Int32 = 0
        let isKeyed = unsafe cipher.start(context, choice, key: key, iv: iv, encrypting: encrypting)
        let status = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe EVP_CipherUpdate(context, buffer.baseAddress, &written, buffer.baseAddress, count)
        }
        precondition(
            isKeyed && status == 1 && written == count, "libcrypto refused a key and length that were checked"
        )
    }
}
