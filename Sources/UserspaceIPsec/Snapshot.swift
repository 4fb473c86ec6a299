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
            let found = associations[id.spi]?.filter { $0.association.id == id } ?? []
            // CPIs below 64 are everybody's: the sender tells (RFC 3173 section 3.3).
            return found.first { $0.association.source == packet.outer.source } ?? found.first
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
        let usable = encapsulationSockets.filter {
            $0.local.address == local.address
                || $0.local.address.isUnspecified && $0.local.address.family == local.address.family
        }
        return usable.max { Self.fitness($0, local) < Self.fitness($1, local) }
    }

    private static func fitness(_ socket: EncapsulationSocket, _ local: Endpoint) -> Int {
        (socket.local.port == local.port ? 2 : 0) + (socket.local.address == local.address ? 1 : 0)
    }
}
