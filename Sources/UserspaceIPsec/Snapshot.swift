import IPsec

/// SAD and SPD as the packet threads see them: replaced as a whole, never changed.
struct Snapshot: Sendable {
    var outbound = PolicyTable()
    var inbound = PolicyTable()
    var forward = PolicyTable()
    var associations: [SPI: [InboundAssociation]] = [:]
    var encapsulationSockets: [EncapsulationSocket] = []
    /// Whether some outbound policy cannot decide about fragments.
    var needsWholePackets = false

    /// The inbound SA of a packet.
    func association(_ spi: SPI, to destination: IPAddress) -> InboundAssociation? {
        associations[spi]?.first { $0.association.id.destination == destination }
    }

    /// The socket from which ESP in UDP leaves: one bound to the address before one bound to all.
    func socket(for local: Endpoint) -> EncapsulationSocket? {
        let fitting = encapsulationSockets.filter {
            $0.local.address.family == local.address.family && $0.local.port == local.port
        }
        return fitting.first { $0.local.address == local.address }
            ?? fitting.first { $0.local.address.isUnspecified }
    }
}
