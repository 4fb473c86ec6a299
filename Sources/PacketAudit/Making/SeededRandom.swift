internal import Cryptography
package import KeyMaterial

/// Octets that are the same for the same seed, so that a test capture can be made again.
///
/// Anybody can guess them: they are for nothing that is sent.
package struct SeededRandom: RandomSource {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func bytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in
            // SplitMix64, of which the top octet is taken.
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return UInt8(truncatingIfNeeded: mixed >> 56)
        }
    }

    package mutating func secret(count: Int) -> SecretBytes { SecretBytes(copying: bytes(count: count)) }
}
