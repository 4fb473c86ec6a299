import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

/// Both ends of an SA, in memory.
@Suite struct AssociationTests {
    private let now = Instant(nanoseconds: 0)
    private let ports = UDPEncapsulation(sourcePort: 4500, destinationPort: 4500)

    private func packet() -> [UInt8] {
        [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1, 0, 1, 0, 2, 0, 8, 0, 0]
    }

    /// A sealed packet as its UDP payload, behind the headroom that opening needs.
    private func sealed(by association: OutboundAssociation) throws -> [UInt8] {
        let room = [UInt8](repeating: 0, count: PacketRoom.headroom)
        var buffer = room + packet() + [UInt8](repeating: 0, count: PacketRoom.tailroom)
        var bytes = buffer.mutableSpan
        let sealed = try association.seal(&bytes, room.count..<room.count + packet().count, by: 0)
        return [UInt8](repeating: 0, count: PacketRoom.inboundHeadroom) + buffer[sealed.esp]
    }

    private func open(
        _ bytes: [UInt8], by association: InboundAssociation, from sender: Endpoint
    ) throws -> InboundAssociation.Opening {
        var buffer = bytes
        let outer = ESPPacket.Outer(
            source: sender.address, destination: association.association.id.destination)
        let found = try ESPPacket(
            payload: PacketRoom.inboundHeadroom..<bytes.count, of: bytes.span, outer: outer)
        var span = buffer.mutableSpan
        let opening = try association.open(&span, found, from: sender, by: 0)
        #expect(Array(buffer[opening.packet.packet]) == packet())
        return opening
    }

    @Test func aMovedPeerIsToldOnceAndOnlyByGenuinePackets() throws {
        let sender = try OutboundAssociation(
            Samples.association(.outbound, encapsulation: ports), now: now)
        let receiver = try InboundAssociation(
            Samples.association(.inbound, encapsulation: ports), now: now)
        let before = Endpoint(receiver.association.source, port: 4500)
        let after = Endpoint(receiver.association.source, port: 61_000)

        #expect(try open(sealed(by: sender), by: receiver, from: before).movedTo == nil)
        var forged = try sealed(by: sender)
        forged[forged.count - 1] ^= 1
        #expect(throws: PacketDrop.engine(.integrityFailed)) {
            try open(forged, by: receiver, from: after)
        }
        #expect(try open(sealed(by: sender), by: receiver, from: after).movedTo == after)
        #expect(try open(sealed(by: sender), by: receiver, from: after).movedTo == nil)
        #expect(try open(sealed(by: sender), by: receiver, from: before).movedTo == before, "and back")
        #expect(receiver.usage == SecurityAssociationUsage(bytes: 4 * 28, packets: 4))
    }

    @Test func replaysAreRefused() throws {
        let sender = try OutboundAssociation(Samples.association(.outbound, encapsulation: ports), now: now)
        let receiver = try InboundAssociation(Samples.association(.inbound, encapsulation: ports), now: now)
        let peer = Endpoint(receiver.association.source, port: 4500)
        let bytes = try sealed(by: sender)
        _ = try open(bytes, by: receiver, from: peer)
        #expect(throws: PacketDrop.engine(.replayed)) { try open(bytes, by: receiver, from: peer) }
    }
}

@Suite struct PacketDropTests {
    @Test func everyReasonHasANameAndASentenceOfItsOwn() {
        #expect(Set(PacketDrop.all.map(\.counterName)).count == PacketDrop.all.count)
        #expect(Set(PacketDrop.all.map(\.sentence)).count == PacketDrop.all.count)
        #expect(PacketDrop.all.allSatisfy { $0.sentence.hasSuffix(".") || $0.sentence.hasSuffix(").") })
    }

    @Test func countersAddUp() {
        let counters = DropCounters()
        counters.count(.plane(.unknownSPI))
        counters.count(.plane(.unknownSPI), times: 4)
        counters.count(.engine(.replayed))
        #expect(counters.values == [.plane(.unknownSPI): 5, .engine(.replayed): 1])
    }
}
