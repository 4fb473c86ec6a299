package import ESP
import HashTreeCollections
package import IPsec
import LinuxIO

/// SAD and SPD as the packet threads see them: each has a copy, which nobody changes.
///
/// The control thread changes its own and hands out copies, which share with it all that is the same.
package struct Snapshot: Sendable {
    private(set) var outbound = PolicyTable()
    private(set) var inbound = PolicyTable()
    private(set) var forward = PolicyTable()
    private(set) var carriers = OutboundIndex()
    private var associations: TreeDictionary<SPI, [InboundAssociation]> = [:]
    /// Inbound IPComp SAs of tunnel mode, by source and destination.
    private var compressedTunnels: TreeDictionary<TunnelEnds, [InboundAssociation]> = [:]
    /// How many inbound SAs there are of each protocol.
    private var protocolCounts: [SecurityProtocol: Int] = [:]
    /// The plane's own device first.
    var devices: [TUNDevice] = []
    private(set) var encapsulationSockets: [EncapsulationSocket] = []
    private var wholePacketPolicyCount = 0

    /// Whether some outbound policy cannot decide about fragments.
    var needsWholePackets: Bool { wholePacketPolicyCount > 0 }

    /// Of the inbound SAs.
    var protocols: Set<SecurityProtocol> { Set(protocolCounts.keys) }

    var hasCompressedTunnels: Bool { !compressedTunnels.isEmpty }

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
            return compressedTunnels[TunnelEnds(source: source, destination: destination)]?.first
        }
    }

    /// Whether ESP to an address with an SPI finds its SA.
    package func knows(_ spi: SPI, to destination: IPAddress) -> Bool {
        association(spi, to: destination) != nil
    }

    /// Whether a flow that leaves finds a policy and the SAs that it asks for.
    package func protects(_ flow: PacketFlow) -> Bool {
        if case .decided(.protect) = outcome(for: flow) { true } else { false }
    }

    /// The number of a device; 0, the plane's own, for nil.
    func deviceNumber(_ name: String?) -> Int {
        name.flatMap { name in devices.firstIndex { $0.name == name } } ?? 0
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

/// What the control thread changes in its own.
extension Snapshot {
    /// - Parameter number: goes up with each SA that is made.
    mutating func add(_ association: InstalledAssociation, number: UInt64) {
        switch association {
        case .outbound(let entry): carriers.insert(entry, number: number)
        case .inbound(let entry):
            let association = entry.association
            associations[association.id.spi, default: []].append(entry)
            protocolCounts[association.id.protocol, default: 0] += 1
            if association.isCompressedTunnel {
                compressedTunnels[association.ends, default: []].append(entry)
            }
        }
    }

    mutating func remove(_ association: InstalledAssociation, number: UInt64) {
        switch association {
        case .outbound(let entry): carriers.remove(entry, number: number)
        case .inbound(let entry):
            let association = entry.association
            let kind = association.id.protocol
            associations[association.id.spi] = Self.rest(of: associations[association.id.spi], without: entry)
            let count = protocolCounts[kind] ?? 0
            protocolCounts[kind] = count > 1 ? count - 1 : nil
            guard association.isCompressedTunnel else { return }
            let ends = association.ends
            compressedTunnels[ends] = Self.rest(of: compressedTunnels[ends], without: entry)
        }
    }

    private static func rest(
        of entries: [InboundAssociation]?, without entry: InboundAssociation
    ) -> [InboundAssociation]? {
        let rest = entries?.filter { $0 !== entry } ?? []
        return rest.isEmpty ? nil : rest
    }

    mutating func apply(_ change: PolicyChange) {
        if let former = change.former {
            table(former.direction) { $0.remove(former, number: change.number) }
            if former.needsWholePackets { wholePacketPolicyCount -= 1 }
        }
        if let present = change.present {
            table(present.direction) { $0.insert(PolicyRule(present), number: change.number) }
            if present.needsWholePackets { wholePacketPolicyCount += 1 }
        }
    }

    private mutating func table(_ direction: PolicyDirection, _ change: (inout PolicyTable) -> Void) {
        switch direction {
        case .outbound: change(&outbound)
        case .inbound: change(&inbound)
        case .forward: change(&forward)
        }
    }

    /// Adds a socket, instead of one with the same address and port.
    mutating func add(_ socket: EncapsulationSocket) {
        encapsulationSockets.removeAll { $0.local == socket.local }
        encapsulationSockets.append(socket)
    }
}

private struct TunnelEnds: Hashable, Sendable {
    let source: IPAddress
    let destination: IPAddress
}

extension SecurityAssociation {
    /// Whether packets that were not worth compressing come as IP in IP.
    fileprivate var isCompressedTunnel: Bool { id.protocol == .ipcomp && mode == .tunnel }

    fileprivate var ends: TunnelEnds { TunnelEnds(source: source, destination: id.destination) }
}

extension SecurityPolicy {
    /// Transport mode protects whole packets, and ports show in whole packets alone.
    var needsWholePackets: Bool {
        guard direction == .outbound else { return false }
        return selector.sourcePort != 0 || selector.destinationPort != 0
            || templates.first.map { $0.mode != .tunnel } ?? false
    }
}
