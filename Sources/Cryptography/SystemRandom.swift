internal import CLibcrypto
package import KeyMaterial

/// The random source of a running program: libcrypto's generators, seeded by the kernel.
package struct SystemRandom: RandomSource, Sendable {
    package init() {}

    package mutating func bytes(count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let status = unsafe RAND_bytes_ex(nil, buffer.baseAddress, count, 0)
            precondition(status == 1, "libcrypto has no randomness to give")
            initialized = count
        }
    }

    package mutating func secret(count: Int) -> SecretBytes {
        unsafe SecretBytes(count: count) { target in
            let start = unsafe target.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let status = unsafe RAND_priv_bytes_ex(nil, start, target.count, 0)
            precondition(status == 1, "libcrypto has no randomness to give")
        }
    }
}
