package import Algorithms
internal import CLibcrypto

/// Unkeyed hashes.
package enum Digest {
    /// The digest of `data`.
    package static func compute(_ hash: HashFunction, _ data: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: hash.digestSize) { buffer, initialized in
            let status = unsafe data.withUnsafeBytes { source in
                unsafe EVP_Digest(
                    source.baseAddress, source.count, buffer.baseAddress, nil, hash.fetched.pointer, nil)
            }
            precondition(status == 1, "libcrypto lacks a hash that was not checked for at start")
            initialized = hash.digestSize
        }
    }
}
