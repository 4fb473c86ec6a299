package import Algorithms
internal import CLibcrypto
package import KeyMaterial

/// The keying material of IKEv2, from which keys are taken in order: prf+ (RFC 7296 section 2.13).
///
/// ```
/// prf+ (K, S) = T1 | T2 | …        T1 = prf (K, S | 1)        Tn = prf (K, Tn-1 | S | n)
/// ```
@safe
package struct KeyStream: ~Copyable, @unchecked Sendable {  // why: its room has this one owner
    private var function: MessageAuthentication
    /// Room for the block before, the seed, and the number of the block, in this order.
    private let room: UnsafeMutableRawBufferPointer
    private let blockSize: Int
    private var blockNumber: UInt8 = 0
    /// Octets of the current block that no key has got yet.
    private var unused = 0

    /// - Parameters:
    ///   - key: SKEYSEED for the keys of an IKE SA, SK_d for those of a child.
    ///   - seed: What follows the key in the parentheses of prf+, part by part.
    package init(_ prf: PseudorandomFunction, key: SecretKey, seed: [PRF.Part]) {
        function = PRF.keyed(prf, key, for: .manyTags)
        blockSize = prf.outputSize
        let count = seed.reduce(prf.outputSize + 1) { $0 + $1.count }
        unsafe room = .allocate(byteCount: count, alignment: 16)
        unsafe room.initializeMemory(as: UInt8.self, repeating: 0)
        var offset = blockSize
        for part in seed {
            let target = unsafe UnsafeMutableRawBufferPointer(
                rebasing: room[offset..<(offset + part.count)])
            unsafe part.withUnsafeBytes { unsafe target.copyBytes(from: $0) }
            offset += part.count
        }
    }

    deinit {
        unsafe OPENSSL_cleanse(room.baseAddress, room.count)
        unsafe room.deallocate()
    }

    /// The next `count` octets.
    ///
    /// prf+ ends after 255 blocks, of which the keys of one SA need a tenth: whoever takes more has gone wrong.
    package mutating func take(_ count: Int) -> SecretKey {
        unsafe SecretKey(count: count) { target in
            var filled = 0
            while filled < count {
                if unused == 0 { nextBlock() }
                let taken = min(unused, count - filled)
                let start = blockSize - unused
                let part = unsafe UnsafeRawBufferPointer(rebasing: room[start..<(start + taken)])
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...]).copyBytes(from: part)
                unused -= taken
                filled += taken
            }
        }
    }

    private mutating func nextBlock() {
        precondition(blockNumber < 255, "prf+ has no more than 255 blocks")
        function.restart()
        let isFirst = blockNumber == 0
        blockNumber += 1
        unsafe room[room.count - 1] = blockNumber
        let input = unsafe isFirst ? room[blockSize...] : room[...]
        unsafe function.update(UnsafeRawBufferPointer(rebasing: input))
        guard let start = unsafe room.baseAddress else { return }
        unsafe function.finish(into: start.assumingMemoryBound(to: UInt8.self))
        unused = blockSize
    }
}
