import Cryptography
import ESP
import IPsec
import LinuxIO
import Synchronization

/// An outbound SA in the SAD.
///
/// One worker seals with it; the lock is for those who ask for its usage, and as good as free otherwise.
final class OutboundAssociation: Sendable {
    private struct State: ~Copyable, Sendable {
        var engine: OutboundSA
        var firstUsed: Instant?
    }

    let association: SecurityAssociation
    let added: Instant
    let deadlines: LifetimeDeadlines
    private let state: Mutex<State>
    private let ports: Atomic<UInt32>

    init(_ association: SecurityAssociation, now: Instant) throws(DatabaseFailure) {
        var random = SystemRandom()
        state = Mutex(State(engine: try OutboundSA(association, random: &random)))
        added = now
        ports = Atomic(Self.packed(association.encapsulation))
        deadlines = LifetimeDeadlines(association.lifetime, from: now)
        self.association = association
    }

    /// The UDP ports as they are now; nil for an SA without UDP.
    var encapsulation: UDPEncapsulation? {
        guard association.encapsulation != nil else { return nil }
        let ports = ports.load(ordering: .relaxed)
        return UDPEncapsulation(
            sourcePort: UInt16(truncatingIfNeeded: ports >> 16),
            destinationPort: UInt16(truncatingIfNeeded: ports))
    }

    func updateEncapsulation(_ encapsulation: UDPEncapsulation) {
        state.withLock { $0.engine.updateEncapsulation(encapsulation) }
        ports.store(Self.packed(encapsulation), ordering: .relaxed)
    }

    var usage: SecurityAssociationUsage { state.withLock { $0.engine.usage } }

    /// When the first packet left; nil before.
    var firstUsed: Instant? { state.withLock { $0.firstUsed } }

    /// Protects the IP packet in `buffer`, in place.
    func seal(_ buffer: inout [UInt8], _ packet: Range<Int>) throws(PacketDrop) -> SealedPacket {
        do throws(DropReason) {
            return try state.withLock { state throws(DropReason) in
                var span = buffer.mutableSpan
                let sealed = try state.engine.seal(&span, packet: packet)
                if state.firstUsed == nil { state.firstUsed = MonotonicClock.now }
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
