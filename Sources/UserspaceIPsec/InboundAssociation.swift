import ESP
import IPsec
import LinuxIO
import Synchronization

/// An inbound SA in the SAD.
///
/// One thread opens with it; the lock is for those who ask for its usage, and as good as free otherwise.
final class InboundAssociation: Sendable {
    private struct State: ~Copyable, Sendable {
        var engine: InboundSA
        /// Where the peer's packets came from last, for an SA with UDP.
        var peer: Endpoint?
        var firstUsed: Instant?
    }

    let association: SecurityAssociation
    let added: Instant
    let deadlines: LifetimeDeadlines
    private let state: Mutex<State>

    init(_ association: SecurityAssociation, now: Instant) throws(DatabaseFailure) {
        let peer = association.encapsulation.map { Endpoint(association.source, port: $0.sourcePort) }
        state = Mutex(State(engine: try InboundSA(association), peer: peer))
        added = now
        deadlines = LifetimeDeadlines(association.lifetime, from: now)
        self.association = association
    }

    var usage: SecurityAssociationUsage { state.withLock { $0.engine.usage } }

    /// When the first genuine packet came; nil before.
    var firstUsed: Instant? { state.withLock { $0.firstUsed } }

    /// The UDP ports as they are now; nil for an SA without UDP.
    var encapsulation: UDPEncapsulation? {
        association.encapsulation.map { ports in
            let source = state.withLock { $0.peer?.port } ?? ports.sourcePort
            return UDPEncapsulation(sourcePort: source, destinationPort: ports.destinationPort)
        }
    }

    func updateEncapsulation(_ encapsulation: UDPEncapsulation) {
        state.withLock { $0.peer?.port = encapsulation.sourcePort }
    }

    /// A genuine packet, and where its peer has moved if it has.
    struct Opening {
        let packet: OpenedPacket
        let movedTo: Endpoint?
    }

    /// Checks and decrypts an ESP packet in `buffer`, in place.
    ///
    /// - Parameter sender: for ESP in UDP, where the datagram came from.
    func open(
        _ buffer: inout [UInt8], _ packet: ESPPacket, from sender: Endpoint?
    ) throws(PacketDrop) -> Opening {
        do throws(DropReason) {
            return try state.withLock { state throws(DropReason) in
                var span = buffer.mutableSpan
                let opened = try state.engine.open(&span, packet)
                if state.firstUsed == nil { state.firstUsed = MonotonicClock.now }
                guard let sender, let peer = state.peer, !sender.isSame(as: peer) else {
                    return Opening(packet: opened, movedTo: nil)
                }
                state.peer = sender
                return Opening(packet: opened, movedTo: sender)
            }
        } catch {
            throw .engine(error)
        }
    }
}

extension Endpoint {
    /// Whether both are one place; the interface does not count.
    fileprivate func isSame(as other: Endpoint) -> Bool {
        address == other.address && port == other.port
    }
}
