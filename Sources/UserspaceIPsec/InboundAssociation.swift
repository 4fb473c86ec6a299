import ESP
import IPsec
import LinuxIO
import Synchronization

/// An inbound SA in the SAD: what never changes, what its worker alone touches, and counters.
final class InboundAssociation: Sendable {
    private struct State: ~Copyable, Sendable {
        var engine: InboundEngine
        /// Where the peer's packets came from last, for an SA with UDP; the port is in `peerPort`.
        var peerAddress: IPAddress
    }

    let association: SecurityAssociation
    let added: Instant
    let deadlines: LifetimeDeadlines
    /// Whether its packets come in UDP.
    let isInUDP: Bool
    /// Whether an IP header is written before what was inside.
    let writesHeader: Bool
    private let state: WorkerOwned<State>
    private let counters = AssociationCounters()
    private let peerPort: Atomic<UInt16>

    /// - Parameter owner: the number of the worker that opens with it.
    init(_ association: SecurityAssociation, now: Instant, owner: Int = 0) throws(DatabaseFailure) {
        state = WorkerOwned(
            State(engine: try InboundEngine(association), peerAddress: association.source), owner: owner)
        peerPort = Atomic(association.encapsulation?.sourcePort ?? 0)
        isInUDP = association.encapsulation != nil
        writesHeader = association.mode != .tunnel
        added = now
        deadlines = LifetimeDeadlines(association.lifetime, from: now)
        self.association = association
    }

    /// The number of the worker that opens with it.
    var owner: Int { state.owner }

    var usage: SecurityAssociationUsage { counters.usage }

    /// The highest sequence number of a genuine packet; 0 without a replay window.
    var highestSequence: UInt64 { counters.lastSequence }

    /// Packets dropped for what the SA itself found.
    var refusals: AssociationCounters.Refusals { counters.refusals }

    /// When the first genuine packet came; nil before.
    var firstUsed: Instant? { counters.firstUsed }

    /// The UDP ports as they are now; nil for an SA without UDP.
    var encapsulation: UDPEncapsulation? {
        association.encapsulation.map { ports in
            UDPEncapsulation(
                sourcePort: peerPort.load(ordering: .relaxed), destinationPort: ports.destinationPort)
        }
    }

    func updateEncapsulation(_ encapsulation: UDPEncapsulation) {
        peerPort.store(encapsulation.sourcePort, ordering: .relaxed)
    }

    /// A genuine packet, and where its peer has moved if it has.
    struct Opening {
        let packet: OpenedPacket
        let movedTo: Endpoint?
    }

    /// Checks and decrypts an ESP packet in `buffer`, in place; on the thread of worker `worker` alone.
    ///
    /// - Parameter sender: for ESP in UDP, where the datagram came from.
    func open(
        _ buffer: inout MutableSpan<UInt8>, _ packet: ESPPacket, from sender: Endpoint?, by worker: Int
    ) throws(PacketDrop) -> Opening {
        do throws(DropReason) {
            return try state.with(worker) { state throws(DropReason) in
                let opened = try state.engine.open(&buffer, packet)
                counters.noteUse(MonotonicClock.now)
                counters.publish(state.engine.usage, sequence: state.engine.highestSequence)
                return Opening(packet: opened, movedTo: move(of: sender, &state))
            }
        } catch {
            counters.count(error)
            throw .engine(error)
        }
    }

    /// Opens what is wrapped around the IP packet at `range` of `buffer`, in place; on the thread of worker `worker` alone.
    func open(
        _ buffer: inout MutableSpan<UInt8>, _ layer: InboundChain.Layer, by worker: Int
    ) throws(PacketDrop) -> OpenedPacket {
        do throws(DropReason) {
            return try state.with(worker) { state throws(DropReason) in
                let opened =
                    switch layer {
                    case .protected(let packet): try state.engine.open(&buffer, packet)
                    case .tunneled(let range, _, _):
                        try state.engine.openUncompressed(&buffer, inIPPacket: range)
                    }
                counters.noteUse(MonotonicClock.now)
                counters.publish(state.engine.usage, sequence: state.engine.highestSequence)
                return opened
            }
        } catch {
            throw .engine(error)
        }
    }

    /// Follows the sender of a genuine packet; nil if it is where it was.
    ///
    /// The interface does not count.
    private func move(of sender: Endpoint?, _ state: inout State) -> Endpoint? {
        guard let sender, isInUDP else { return nil }
        guard sender.port != peerPort.load(ordering: .relaxed) || sender.address != state.peerAddress else {
            return nil
        }
        state.peerAddress = sender.address
        peerPort.store(sender.port, ordering: .relaxed)
        return sender
    }
}
