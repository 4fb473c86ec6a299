import Algorithms
import ESP
import IPsec
import TestSupport
import Testing

/// Packets that are longer than they need to be, and packets that say nothing (RFC 4303 sections 2.6 and 2.7).
struct FlowPaddingTests {
    private static let null = SampleSA(encryption: CipherChoice(.null), integrity: .hmacSHA1)

    private func outbound(_ sample: SampleSA, padding: UInt32) throws -> OutboundSA {
        var association = sample.association(.outbound)
        association.trafficFlowPadding = padding
        var random = FixedRandom(seed: 5)
        return try OutboundSA(association, random: &random)
    }

    private func seal(_ outbound: inout OutboundSA, _ packet: [UInt8]) throws(DropReason) -> [UInt8] {
        let room = PacketRoom.tailroom(for: outbound.association)
        let start = PacketRoom.headroom
        var buffer = [UInt8](repeating: 0xee, count: start) + packet + [UInt8](repeating: 0xee, count: room)
        var span = buffer.mutableSpan
        let sealed = try outbound.seal(&span, packet: start..<start + packet.count)
        return Array(buffer[sealed.packet])
    }

    /// Inner packet and zeros fill 200 octets, then come the trailer's two; as Linux lays it out.
    @Test func everyShortPacketIsAsLongAsTheOthers() throws {
        var outbound = try outbound(Self.null, padding: 200)
        var inbound = try Self.null.inbound()
        for count in [0, 1, 100, 172] {
            let packet = SamplePacket.udp(.ipv4, count: count)
            let bytes = try seal(&outbound, packet)
            #expect(bytes.count == 20 + 8 + 204 + 12)
            #expect(Array(bytes[28 + packet.count..<28 + 200]) == Array(repeating: 0, count: 172 - count))
            #expect(Array(bytes[228..<232]) == [1, 2, 2, 4])
            #expect(try inbound.opening(bytes).bytes == packet)
        }
        let long = SamplePacket.udp(.ipv4, count: 173)
        let bytes = try seal(&outbound, long)
        #expect(bytes.count == 20 + 8 + 204 + 12)
        #expect(try inbound.opening(bytes).bytes == long)
        #expect(try seal(&outbound, SamplePacket.udp(.ipv4, count: 175)).count == 20 + 8 + 208 + 12)
    }

    @Test(
        arguments: SampleSA.transforms.filter { $0.encryption.algorithm.blockSize > 1 || $0.integrity == nil }
    )
    func paddedPacketsComeBack(_ sample: SampleSA) throws {
        var outbound = try outbound(sample, padding: 333)
        var inbound = try sample.inbound()
        for count in [0, 13, 300, 400] {
            let packet = SamplePacket.udp(.ipv4, count: count)
            #expect(try inbound.opening(try seal(&outbound, packet)).bytes == packet)
        }
    }

    @Test func paddingKeepsToThePathsMTU() throws {
        var outbound = try outbound(Self.null, padding: 1400)
        outbound.limitFlowPadding(to: 100)
        #expect(try seal(&outbound, SamplePacket.udp(.ipv4, count: 1)).count == 20 + 8 + 104 + 12)
        #expect(try seal(&outbound, SamplePacket.udp(.ipv4, count: 172)).count == 20 + 8 + 204 + 12)
        // The path has become longer again, but no packet longer than what was asked for.
        outbound.limitFlowPadding(to: 1420)
        #expect(try seal(&outbound, SamplePacket.udp(.ipv4, count: 1)).count == 20 + 8 + 1404 + 12)
    }

    @Test func paddingIsForTunnels() throws {
        var sample = Self.null
        sample.mode = .transport
        #expect(throws: DatabaseFailure.self) { _ = try outbound(sample, padding: 100).lastSequence }
        #expect(throws: DatabaseFailure.self) { _ = try outbound(Self.null, padding: 1 << 20).lastSequence }
    }

    @Test(arguments: [EncapsulationMode.tunnel, .transport], [AddressFamily.ipv4, .ipv6])
    func dummiesArriveAndAreDiscarded(_ mode: EncapsulationMode, _ family: AddressFamily) throws {
        var sample = Self.null
        (sample.mode, sample.family) = (mode, family)
        var outbound = try sample.outbound()
        var inbound = try sample.inbound()
        var buffer = [UInt8](repeating: 0x5a, count: PacketRoom.headroom + 100 + PacketRoom.tailroom)
        var span = buffer.mutableSpan
        let sealed = try outbound.sealDummy(&span, packet: PacketRoom.headroom..<PacketRoom.headroom + 100)
        let bytes = Array(buffer[sealed.packet])
        // The trailer's last octet, before the ICV.
        #expect(bytes[bytes.count - 13] == 59)
        #expect(outbound.lastSequence == 1)
        #expect(inbound.refusal(of: bytes) == .dummy)
        #expect(inbound.highestSequence == 1)
        #expect(inbound.usage.packets == 0)
        #expect(DropReason.dummy.isExpected)
        var refusal: DropReason?
        do throws(DropReason) {
            var span = buffer.mutableSpan
            _ = try outbound.sealDummy(&span, packet: 80..<119)
        } catch { refusal = error }
        #expect(refusal == .badLength)
    }
}
