import IPsec
import Synchronization

/// What an SA has carried, for everybody to see: its worker alone writes.
final class AssociationCounters: Sendable {
    private let bytes = Atomic<UInt64>(0)
    private let packets = Atomic<UInt64>(0)
    private let sequence = Atomic<UInt64>(0)
    private let firstUse = Atomic<Int64>(0)

    func publish(_ usage: SecurityAssociationUsage, sequence highest: UInt64) {
        bytes.store(usage.bytes, ordering: .relaxed)
        packets.store(usage.packets, ordering: .relaxed)
        sequence.store(highest, ordering: .relaxed)
    }

    /// Notes when the first packet was carried; `now` is asked for only then.
    func noteUse(_ now: @autoclosure () -> Instant) {
        if firstUse.load(ordering: .relaxed) == 0 { firstUse.store(now().nanoseconds, ordering: .relaxed) }
    }

    var usage: SecurityAssociationUsage {
        SecurityAssociationUsage(
            bytes: bytes.load(ordering: .relaxed), packets: packets.load(ordering: .relaxed))
    }

    /// The last sequence number sent, or the highest received.
    var lastSequence: UInt64 { sequence.load(ordering: .relaxed) }

    /// When the first packet was carried; nil before.
    var firstUsed: Instant? {
        let instant = firstUse.load(ordering: .relaxed)
        return instant == 0 ? nil : Instant(nanoseconds: instant)
    }
}
