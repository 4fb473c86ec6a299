import ESP
import IPsec
import LinuxIO

/// What one thread does with ESP packets that arrive: SA, open, policy check, hand to the host.
struct InboundPath: Sendable {
    private let engine: Engine
    private var view = Engine.View()
    /// Room for an IP header that transport mode writes, then the packet.
    private var buffer: [UInt8] = []

    init(_ engine: Engine) {
        self.engine = engine
        buffer.reserveCapacity(PacketRoom.inboundHeadroom + 65_536)
    }

    /// Takes what a raw IPv4 socket gives: an IP packet.
    mutating func receiveIPPacket(_ bytes: [UInt8]) {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: bytes)
        counting { path throws(PacketDrop) in
            let packet = try Self.find { () throws(DropReason) in
                try ESPPacket(inIPPacket: 0..<path.buffer.count, of: path.buffer.span)
            }
            try path.deliver(packet, from: nil)
        }
    }

    /// Takes ESP without its IP header: a UDP payload, or what a raw IPv6 socket gives.
    mutating func receivePayload(_ bytes: [UInt8], outer: ESPPacket.Outer, from sender: Endpoint?) {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: repeatElement(0, count: PacketRoom.inboundHeadroom))
        buffer.append(contentsOf: bytes)
        counting { path throws(PacketDrop) in
            let packet = try Self.find { () throws(DropReason) in
                try ESPPacket(
                    payload: PacketRoom.inboundHeadroom..<path.buffer.count, of: path.buffer.span,
                    outer: outer)
            }
            try path.deliver(packet, from: sender)
        }
    }

    private mutating func counting(_ body: (inout Self) throws(PacketDrop) -> Void) {
        _ = engine.refresh(&view)
        do throws(PacketDrop) {
            try body(&self)
        } catch {
            engine.counters.count(error)
        }
    }

    private static func find(_ body: () throws(DropReason) -> ESPPacket) throws(PacketDrop) -> ESPPacket {
        do throws(DropReason) {
            return try body()
        } catch {
            throw .engine(error)
        }
    }

    private mutating func deliver(_ packet: ESPPacket, from sender: Endpoint?) throws(PacketDrop) {
        guard let entry = view.snapshot.association(packet.spi, to: packet.outer.destination) else {
            throw .plane(.unknownSPI)
        }
        let association = entry.association
        guard (association.encapsulation != nil) == (sender != nil) else { throw .plane(.wrongEncapsulation) }
        let opening = try entry.open(&buffer, packet, from: sender)
        if let moved = opening.movedTo {
            engine.notify(.mappingChanged(association.id, new: moved))
            engine.tell(
                association.encapsulation.map { ports in
                    let old = Endpoint(association.source, port: ports.sourcePort)
                    return .mappingChanged(SADKey(association.id), old: old, new: moved)
                })
        }
        engine.report(opening.packet.signal, of: association.id)
        try view.snapshot.check(opening.packet.flow, cameThrough: association)
        guard (try? engine.device.write(buffer, opening.packet.packet)) != nil else {
            throw .plane(.notDelivered)
        }
    }
}

extension Snapshot {
    /// Requires that the SPD asks for the SA a packet came through (RFC 4301 section 5.2, step 4).
    ///
    /// Whether the host will keep the packet or pass it on is the routing table's business: a policy for either
    /// direction will do.
    func check(_ flow: PacketFlow, cameThrough association: SecurityAssociation) throws(PacketDrop) {
        let rules = [inbound.rule(for: flow), forward.rule(for: flow)].compactMap { $0 }
        guard !rules.isEmpty else { throw .plane(.noInboundPolicy) }
        guard rules.contains(where: { $0.accepts(association) }) else { throw .plane(.policyMismatch) }
    }
}
