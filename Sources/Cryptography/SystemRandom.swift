internal import CLibcrypto
package import KeyMaterial
internal import Synchronization

/// The random source of a running program: libcrypto's generators, seeded by the kernel.
package struct SystemRandom: RandomSource, Sendable {
    /// Shared by copies of the source, so that none of them gives out what another one has.
    private let reserve = RandomReserve()

    package init() {}

    package mutating func bytes(count: Int) -> [UInt8] {
        reserve.take(count) ?? Self.draw(count)
    }

    package mutating func uint32() -> UInt32 { reserve.takeNumber() }

    package mutating func secret(count: Int) -> SecretBytes {
        unsafe SecretBytes(count: count) { target in
            let start = unsafe target.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let status = unsafe RAND_priv_bytes_ex(nil, start, target.count, 0)
            precondition(status == 1, "libcrypto has no randomness to give")
        }
    }

    fileprivate static func draw(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let status = unsafe RAND_bytes_ex(nil, buffer.baseAddress, count, 0)
            precondition(status == 1, "libcrypto has no randomness to give")
            initialized = count
        }
    }
}

/// Octets drawn ahead for values that travel in clear: a call of libcrypto costs the same for 4 of them as for hundreds.
///
/// Each is given out once, and gone from here then.
private final class RandomReserve: Sendable {
    private struct Octets {
        var drawn: [UInt8] = []
        /// Those of them, from the first on, that nobody has got yet.
        var left = 0
    }

    private let octets = Mutex(Octets())

    private static let size = 512

    /// The next octets; nil for more than the reserve is for.
    func take(_ count: Int) -> [UInt8]? {
        guard (0...Self.size / 8).contains(count) else { return nil }
        return take(count) { taken in unsafe taken.withUnsafeBufferPointer { unsafe Array($0) } }
    }

    /// The next 32 bits.
    func takeNumber() -> UInt32 {
        take(4) { taken in taken.indices.reduce(0) { $0 << 8 | UInt32(taken[$1]) } }
    }

    private func take<Taken: Sendable>(_ count: Int, _ use: (Span<UInt8>) -> Taken) -> Taken {
        octets.withLock { octets in
            if octets.left < count { octets = Octets(drawn: SystemRandom.draw(Self.size), left: Self.size) }
            let range = octets.left - count..<octets.left
            let taken = use(octets.drawn.span.extracting(range))
            for index in range { octets.drawn[index] = 0 }
            octets.left = range.lowerBound
            return taken
        }
    }
}
