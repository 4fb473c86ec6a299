internal import Algorithms
internal import CLibcrypto
internal import KeyMaterial

/// One of the two hashes that an HMAC is made of (RFC 2104), told apart by what the key is mixed with.
enum HMACPass: UInt8 {
    case inner = 0x36
    case outer = 0x5c

    /// Starts the hash with its first block: the key, filled up with zeros, and every octet of it mixed.
    ///
    /// - Parameter key: one that `fitted` gave, no longer than a block.
    @unsafe
    func start(_ context: OpaquePointer, _ hash: HashFunction, key: SecretKey) {
        let size = hash.blockSize
        let isStarted = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { block in
            defer { unsafe OPENSSL_cleanse(block.baseAddress, size) }
            unsafe block.initialize(repeating: rawValue)
            unsafe key.withUnsafeBytes { key in
                for index in key.indices { unsafe block[index] ^= key[index] }
            }
            return unsafe EVP_DigestInit_ex2(context, hash.fetched.pointer, nil) == 1
                && EVP_DigestUpdate(context, block.baseAddress, size) == 1
        }
        precondition(isStarted, "libcrypto lacks a hash that was not checked for at start")
    }

    /// The key as it is if a block holds it; a longer one counts as its hash.
    static func fitted(_ key: SecretKey, _ hash: HashFunction) -> SecretKey {
        guard key.count > hash.blockSize else { return key }
        return unsafe SecretKey(count: hash.digestSize) { target in
            let status = unsafe key.withUnsafeBytes { source in
                unsafe EVP_Digest(
                    source.baseAddress, source.count, target.baseAddress, nil, hash.fetched.pointer, nil)
            }
            precondition(status == 1, "libcrypto lacks a hash that was not checked for at start")
        }
    }
}
