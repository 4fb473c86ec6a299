import ESP
import IPsec
import TestSupport

/// The software engine, over packets in buffers of their own.
enum MatrixEngine {
    static func seal(_ sample: MatrixCase, _ packets: [[UInt8]], as sealer: MatrixCase.Sealer = .engine)
        throws -> [[UInt8]]
    {
        var random = FixedRandom(seed: UInt64(sample.number))
        var packets = packets
        for association in sample.associations(sealer, .outbound) {
            var outbound = try OutboundEngine(association, random: &random)
            for index in packets.indices { packets[index] = try seal(packets[index], &outbound) }
        }
        return packets
    }

    private static func seal(_ packet: [UInt8], _ outbound: inout OutboundEngine) throws -> [UInt8] {
        let front = OutboundEngine.headroom
        var buffer = [UInt8](repeating: 0, count: front) + packet
        buffer += [UInt8](repeating: 0, count: PacketRoom.tailroom)
        var span = buffer.mutableSpan
        let sealed = try outbound.seal(&span, packet: front..<front + packet.count)
        return Array(buffer[sealed.packet])
    }

    static func open(_ sample: MatrixCase, _ packets: [[UInt8]]) throws -> [[UInt8]] {
        var packets = packets
        for association in sample.associations(.kernel, .inbound).reversed() {
            var inbound = try InboundEngine(association)
            for index in packets.indices { packets[index] = try open(packets[index], &inbound) }
        }
        return packets
    }

    private static func open(_ packet: [UInt8], _ inbound: inout InboundEngine) throws -> [UInt8] {
        let front = PacketRoom.inboundHeadroom
        var buffer = [UInt8](repeating: 0, count: front) + packet
        let range = front..<buffer.count
        // ESP may be in UDP.
        let found: ProtectedPacket? =
            inbound.association.id.protocol == .esp
            ? .esp(try ESPPacket(inIPPacket: range, of: buffer.span))
            : try ProtectedPacket(inIPPacket: range, of: buffer.span)
        guard let found else { throw DropReason.notIPComp }
        // What was compressed grows.
        buffer += [UInt8](repeating: 0, count: 4096)
        var span = buffer.mutableSpan
        let opened = try inbound.open(&span, found)
        return Array(buffer[opened.packet])
    }
}
