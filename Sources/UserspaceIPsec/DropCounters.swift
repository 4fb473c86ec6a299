import Synchronization

/// How many packets were dropped, by reason: the one place where drops are counted.
///
/// Each worker has its own, so that the lock is as good as free; it is for those who ask.
final class DropCounters: Sendable {
    private let counts = Mutex<[PacketDrop: UInt64]>([:])

    func count(_ drop: PacketDrop, times: Int = 1) {
        counts.withLock { $0[drop, default: 0] &+= UInt64(times) }
    }

    /// The counters that are not zero.
    var values: [PacketDrop: UInt64] { counts.withLock { $0 } }
}
