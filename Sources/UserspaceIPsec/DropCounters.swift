import ESP
import IPsec
import LinuxIO
import Synchronization

/// How many packets were dropped, by reason, and what the last of them looked like.
///
/// Each worker has its own. Counting takes no lock. Looking at a packet does, and is done so seldom that a flood of bad
/// packets costs next to nothing: for each reason one in `sampleInterval`, of which the last few are kept.
final class DropCounters: Sendable {
    /// The time between two packets that are looked at for one reason.
    static let sampleInterval = Duration.milliseconds(50)
    /// The packets remembered for one reason.
    static let samplesKept = 4

    private final class Counter: Sendable {
        let packets = Atomic<UInt64>(0)
        /// When the next packet may be looked at, nanoseconds on the monotonic clock.
        let nextSample = Atomic<Int64>(.min)
        let samples = Mutex<[DroppedPacket]>([])
    }

    private let counters = PacketDrop.all.map { _ in Counter() }
    private static let places = Dictionary(
        uniqueKeysWithValues: PacketDrop.all.enumerated().map { ($0.element, $0.offset) })

    func count(_ drop: PacketDrop, times: Int = 1) {
        guard let counter = counter(of: drop) else { return }
        counter.packets.wrappingAdd(UInt64(max(0, times)), ordering: .relaxed)
    }

    /// Counts a packet, and remembers what `look` sees of it if it is time to look at one again.
    func count(
        _ drop: PacketDrop, _ direction: Direction, now: Instant = MonotonicClock.now,
        look: () -> PacketSight
    ) {
        guard let counter = counter(of: drop) else { return }
        counter.packets.wrappingAdd(1, ordering: .relaxed)
        guard counter.nextSample.load(ordering: .relaxed) <= now.nanoseconds else { return }
        counter.nextSample.store((now + Self.sampleInterval).nanoseconds, ordering: .relaxed)
        let packet = DroppedPacket(drop, direction, at: now, look())
        counter.samples.withLock { samples in
            if samples.count == Self.samplesKept { samples.removeFirst() }
            samples.append(packet)
        }
    }

    private func counter(of drop: PacketDrop) -> Counter? { Self.places[drop].map { counters[$0] } }

    /// The counters that are not zero.
    var values: [PacketDrop: UInt64] {
        var values: [PacketDrop: UInt64] = [:]
        for (drop, counter) in zip(PacketDrop.all, counters) {
            let count = counter.packets.load(ordering: .relaxed)
            if count > 0 { values[drop] = count }
        }
        return values
    }

    /// The packets remembered, oldest first.
    var samples: [DroppedPacket] {
        counters.flatMap { counter in counter.samples.withLock { $0 } }.sorted { $0.at < $1.at }
    }
}
