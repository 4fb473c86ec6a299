import Cryptography
import ESP
import IPsec
import Synchronization

/// An outbound SA in the SAD.
///
/// One worker seals with it; the lock is for those who ask for its usage, and as good as free otherwise.
final class OutboundAssociation: Sendable {
    let association: SecurityAssociation
    let deadlines: LifetimeDeadlines
    private let engine: Mutex<OutboundSA>
    private let ports: Atomic<UInt32>

    init(_ association: SecurityAssociation, now: Instant) throws(DatabaseFailure) {
        var random = SystemRandom()
        engine = Mutex(try OutboundSA(association, random: &random))
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
        engine.withLock { $0.updateEncapsulation(encapsulation) }
        ports.store(Self.packed(encapsulation), ordering: .relaxed)
    }

    var usage: SecurityAssociationUsage { engine.withLock { $0.usage } }

    /// Protects the IP packet in `buffer`, in place.
    func seal(_ buffer: inout [UInt8], _ packet: Range<Int>) throws(PacketDrop) -> SealedPacket {
        do throws(DropReason) {
            return try engine.withLock { engine throws(DropReason) in
                var span = buffer.mutableSpan
                return try engine.seal(&span, packet: packet)
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
