import ESP
import IPsec
import Synchronization

/// What an SA has carried, for everybody to see: its worker alone writes.
final class AssociationCounters: Sendable {
    private let bytes = Atomic<UInt64>(0)
    private let packets = Atomic<UInt64>(0)
    private let sequence = Atomic<UInt64>(0)
    private let firstUse = Atomic<Int64>(0)
    private let late = Atomic<UInt32>(0)
    private let replayed = Atomic<UInt32>(0)
    private let integrityFailures = Atomic<UInt32>(0)

    /// Packets that came too late for the window, came twice, and failed the integrity check.
    struct Refusals: Hashable, Sendable {
        var late: UInt32
        var replayed: UInt32
        var integrityFailures: UInt32
    }

    func publish(_ usage: SecurityAssociationUsage, sequence highest: UInt64) {
        bytes.store(usage.bytes, ordering: .relaxed)
        packets.store(usage.packets, ordering: .relaxed)
        sequence.store(highest, ordering: .relaxed)
    }

    /// Notes when the first packet was carried; `now` is asked for only then.
    func noteUse(_ now: @autoclosure () -> Instant) {
        if firstUse.load(ordering: .relaxed) == 0 { firstUse.store(now().nanoseconds, ordering: .relaxed) }
    }

    /// Counts a packet that the SA refused, if it is for one of the reasons it keeps count of.
    func count(_ drop: DropReason) {
        if drop == .tooOld { late.wrappingAdd(1, ordering: .relaxed) }
        if drop == .replayed { replayed.wrappingAdd(1, ordering: .relaxed) }
        if drop == .integrityFailed { integrityFailures.wrappingAdd(1, ordering: .relaxed) }
    }

    var refusals: Refusals {
        Refusals(
            late: late.load(ordering: .relaxed), replayed: replayed.load(ordering: .relaxed),
            integrityFailures: integrityFailures.load(ordering: .relaxed))
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
