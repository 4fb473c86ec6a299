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
    /// What routers told of the path of its packets.
    let path = ReportedPath()
    private let paddingLimit = Atomic<UInt32>(.max)

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

    /// Whether its packets leave with the IP header that it wrote, DF and all, and not one of the kernel's.
    ///
    /// In UDP the kernel writes it, as that is faster, and forbids fragmentation of what fits the path.
    var leavesWhole: Bool {
        association.encapsulation == nil || association.flags.contains(.noPMTUDiscovery)
    }

    /// Pads no packet to more than `octets`, if it pads at all.
    func limitFlowPadding(to octets: Int) {
        guard association.trafficFlowPadding > 0 else { return }
        paddingLimit.store(UInt32(clamping: octets), ordering: .relaxed)
    }

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
    /// The UDP header in the buffer is for use only if it `leavesWhole`: else a socket whose ports are those of
    /// `encapsulation` writes it.
    func seal(
        _ buffer: inout MutableSpan<UInt8>, _ packet: Range<Int>, by worker: Int
    ) throws(PacketDrop) -> SealedPacket {
        do throws(DropReason) {
            return try engine.with(worker) { engine throws(DropReason) in
                if association.trafficFlowPadding > 0 {
                    engine.limitFlowPadding(to: Int(paddingLimit.load(ordering: .relaxed)))
                }
                if leavesWhole, let encapsulation { engine.updateEncapsulation(encapsulation) }
                let sealed = try engine.seal(&buffer, packet: packet)
                counters.noteUse(MonotonicClock.now)
                counters.publish(engine.usage, sequence: engine.lastSequence)
                return sealed
            }
        } catch {
            throw .engine(error)
        }
    }

    /// Whether a router's report is about a packet that it may have sent, not too long ago.
    ///
    /// Who has not seen our packets can guess neither SPI nor sequence number.
    func isMeant(by report: PathReport) -> Bool {
        guard association.source == report.source, association.id.destination == report.destination else {
            return false
        }
        switch report.subject {
        case .esp(let spi, let sequence):
            return association.id.protocol == .esp && association.encapsulation == nil
                && association.id.spi == spi && isRecent(sequence)
        case .ah(let spi, _): return association.id.protocol == .ah && association.id.spi == spi
        case .udp(let source, let destination, let spi):
            guard let ports = encapsulation, destination == ports.destinationPort else { return false }
            // Another socket may stand in for the one of the SA's port.
            return spi.map { $0 == association.id.spi } ?? (source == ports.sourcePort)
        }
    }

    private func isRecent(_ sequence: UInt32) -> Bool {
        let age = UInt32(truncatingIfNeeded: lastSequence) &- sequence
        return age < Self.reportable && UInt64(age) < lastSequence
    }

    /// Packets that may leave before a router's answer to one of them is here.
    private static let reportable: UInt32 = 1 << 20

    private static func packed(_ encapsulation: UDPEncapsulation?) -> UInt32 {
        guard let encapsulation else { return 0 }
        return UInt32(encapsulation.sourcePort) << 16 | UInt32(encapsulation.destinationPort)
    }
}
