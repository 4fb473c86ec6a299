import Cryptography
import ESP
import IPsec
import LinuxIO
import Synchronization

/// An outbound SA in the SAD: what never changes, what its worker alone touches, and counters.
final class OutboundAssociation: Sendable {
    let association: SecurityAssociation
    let added: Instant
    let deadlines: LifetimeDeadlines
    private let engine: WorkerOwned<OutboundEngine>
    private let counters = AssociationCounters()
    private let ports: Atomic<UInt32>

    /// - Parameter owner: the number of the worker that seals with it.
    init(_ association: SecurityAssociation, now: Instant, owner: Int = 0) throws(DatabaseFailure) {
        var random = SystemRandom()
        engine = WorkerOwned(try OutboundEngine(association, random: &random), owner: owner)
        added = now
        ports = Atomic(Self.packed(association.encapsulation))
        deadlines = LifetimeDeadlines(association.lifetime, from: now)
        tailroom = min(PacketRoom.tailroom(for: association), Self.maximumTailroom)
        self.association = association
    }

    /// Padding never makes a packet longer than IP has.
    private static let maximumTailroom = 65_536

    /// Octets of buffer it may write behind a packet.
    let tailroom: Int

    /// Whether its packets leave with the IP header that it wrote, and not one of the kernel's.
    var leavesWhole: Bool { association.id.protocol != .esp }

    /// The number of the worker that seals with it.
    var owner: Int { engine.owner }

    /// The UDP ports as they are now; nil for an SA without UDP.
    var encapsulation: UDPEncapsulation? {
        guard association.encapsulation != nil else { return nil }
        let ports = ports.load(ordering: .relaxed)
        return UDPEncapsulation(
            sourcePort: UInt16(truncatingIfNeeded: ports >> 16),
            destinationPort: UInt16(truncatingIfNeeded: ports))
    }

    func updateEncapsulation(_ encapsulation: UDPEncapsulation) {
        ports.store(Self.packed(encapsulation), ordering: .relaxed)
    }

    var usage: SecurityAssociationUsage { counters.usage }

    /// The last sequence number used.
    var lastSequence: UInt64 { counters.lastSequence }

    /// When the first packet left; nil before.
    var firstUsed: Instant? { counters.firstUsed }

    /// Protects the IP packet at `packet` of `buffer`, in place; on the thread of worker `worker` alone.
    ///
    /// The UDP header in the buffer is not for use: a socket whose ports are those of `encapsulation` writes it.
    func seal(
        _ buffer: inout MutableSpan<UInt8>, _ packet: Range<Int>, by worker: Int
    ) throws(PacketDrop) -> SealedPacket {
        do throws(DropReason) {
            return try engine.with(worker) { engine throws(DropReason) in
                let sealed = try engine.seal(&buffer, packet: packet)
                counters.noteUse(MonotonicClock.now)
                counters.publish(engine.usage, sequence: engine.lastSequence)
                return sealed
            }
        } catch {
            throw .engine(error)
        }
    }

    private static func packed(_ encapsulation: UDPEncapsulation?) -> UInt32 {
        guard let encapsulation else { return 0 }
        return UInt32(encapsulation.sourcePort) << 16 | UInt32(encapsulation.destinationPort)
    }
}
