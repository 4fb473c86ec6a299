import Cryptography
import KeyMaterial
import Synchronization

/// What all peers of the load draw from, so that the 32-bit values of any two differ.
///
/// They draw their SPIs apart from one another, and the responder knows them by one address: with 50,000 peers two would
/// choose the same in one run of four.
struct LoadRandom: RandomSource {
    private var system = SystemRandom()
    private static let drawn = Atomic<UInt32>(0)

    mutating func bytes(count: Int) -> [UInt8] { system.bytes(count: count) }

    mutating func secret(count: Int) -> SecretBytes { system.secret(count: count) }

    /// All values once, each far from the one before: a factor that is odd lets no two meet.
    mutating func uint32() -> UInt32 {
        Self.drawn.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9e37_79b1
    }
}
