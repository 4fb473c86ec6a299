import ESP
import IPsec
import TestSupport

/// The software engine, over packets in buffers of their own.
enum MatrixEngine {
    static func seal(_ sample: MatrixCase, _ packets: [[UInt8]], as sealer: MatrixCase.Sealer = .engine)
        throws
        -> [[UInt8]]
    {
        var random = FixedRandom(seed: UInt64(sample.number))
        let association = sample.association(sealer, .outbound)
        if sample.protocol == .ah {
            var outbound = try OutboundAHSA(association, random: &random)
            return try packets.map { packet in
                try sealing(packet) { buffer, range throws(DropReason) in
                    try outbound.seal(&buffer, packet: range)
                }
            }
        }
        var outbound = try OutboundSA(association, random: &random)
        return try packets.map { packet in
            try sealing(packet) { buffer, range throws(DropReason) in
                try outbound.seal(&buffer, packet: range)
            }
        }
    }

    private static func sealing(
        _ packet: [UInt8],
        _ seal: (inout MutableSpan<UInt8>, Range<Int>) throws(DropReason) -> SealedPacket
    ) throws -> [UInt8] {
        let front = max(PacketRoom.headroom, OutboundAHSA.headroom)
        var buffer = [UInt8](repeating: 0, count: front) + packet
        buffer += [UInt8](repeating: 0, count: PacketRoom.tailroom)
        var span = buffer.mutableSpan
        let sealed = try seal(&span, front..<front + packet.count)
        return Array(buffer[sealed.packet])
    }

    static func open(_ sample: MatrixCase, _ packets: [[UInt8]]) throws -> [[UInt8]] {
        let association = sample.association(.kernel, .inbound)
        if sample.protocol == .ah {
            var inbound = try InboundAHSA(association)
            return try packets.map { packet in
                var (buffer, range) = roomy(packet)
                let found = try AHPacket(inIPPacket: range, of: buffer.span)
                var span = buffer.mutableSpan
                let opened = try inbound.open(&span, found)
                return Array(buffer[opened.packet])
            }
        }
        var inbound = try InboundSA(association)
        return try packets.map { packet in
            var (buffer, range) = roomy(packet)
            let found = try ESPPacket(inIPPacket: range, of: buffer.span)
            var span = buffer.mutableSpan
            let opened = try inbound.open(&span, found)
            return Array(buffer[opened.packet])
        }
    }

    private static func roomy(_ packet: [UInt8]) -> ([UInt8], Range<Int>) {
        let front = PacketRoom.inboundHeadroom
        return ([UInt8](repeating: 0, count: front) + packet, front..<front + packet.count)
    }
}
