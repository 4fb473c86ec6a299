import ESP
import IPsec
import LinuxIO

/// SAD and SPD as the packet threads see them: replaced as a whole, never changed.
struct Snapshot: Sendable {
    var outbound = PolicyTable()
    var inbound = PolicyTable()
    var forward = PolicyTable()
    var associations: [SPI: [InboundAssociation]] = [:]
    /// Of the inbound SAs.
    var protocols: Set<SecurityProtocol> = []
    /// Inbound IPComp SAs of tunnel mode.
    var compressedTunnels: [InboundAssociation] = []
    /// The plane's own device first.
    var devices: [TUNDevice] = []
    var encapsulationSockets: [EncapsulationSocket] = []
    /// Whether some outbound policy cannot decide about fragments.
    var needsWholePackets = false

    /// The inbound SA of a packet.
    func association(_ spi: SPI, to destination: IPAddress) -> InboundAssociation? {
        associations[spi]?.first {
            $0.association.id.destination == destination && $0.association.id.protocol == .esp
        }
    }

    /// The inbound SA of what is wrapped around a packet.
    func association(for layer: InboundChain.Layer) -> InboundAssociation? {
        switch layer {
        case .protected(let packet):
            let id = packet.id
            guard let candidates = associations[id.spi] else { return nil }
            // CPIs below 64 are everybody's: the sender tells (RFC 3173 section 3.3).
            return candidates.first {
                $0.association.source == packet.outer.source && $0.association.id == id
            } ?? candidates.first { $0.association.id == id }
        case .tunneled(_, let source, let destination):
            return compressedTunnels.first {
                $0.association.source == source && $0.association.id.destination == destination
            }
        }
    }

    /// The socket from which ESP in UDP leaves, or none.
    ///
    /// One of the SA's port before others (a daemon that was told to use other ports negotiates the usual ones), one
    /// bound to the address before one bound to all.
    func socket(for local: Endpoint) -> EncapsulationSocket? {
        // Asked for each packet: whatever allocates is too slow.
        var best: (socket: EncapsulationSocket, fitness: Int)?
        for socket in encapsulationSockets {
            let fitness = Self.fitness(socket, local)
            if fitness > best?.fitness ?? 0 { best = (socket, fitness) }
        }
        return best?.socket
    }

    /// How well ESP leaves by a socket; 0 if it cannot.
    private static func fitness(_ socket: EncapsulationSocket, _ local: Endpoint) -> Int {
        let address = socket.local.address
        guard address == local.address || address.isUnspecified && address.family == local.address.family
        else { return 0 }
        return 1 + (socket.local.port == local.port ? 2 : 0) + (address == local.address ? 1 : 0)
    }
}
