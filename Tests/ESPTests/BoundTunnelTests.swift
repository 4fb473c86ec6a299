import Algorithms
import ESP
import IPsec
import TestSupport
import Testing

/// BEET mode: fixed inner addresses that no packet carries.
struct BoundTunnelTests {
    struct Ends: Sendable, CustomTestStringConvertible {
        let inner: AddressFamily
        let outer: AddressFamily

        var testDescription: String { "\(inner) in \(outer)" }

        static let all = [AddressFamily.ipv4, .ipv6].flatMap { inner in
            [AddressFamily.ipv4, .ipv6].map { Ends(inner: inner, outer: $0) }
        }

        func association(_ direction: Direction, _ cipher: CipherChoice? = nil) -> SecurityAssociation {
            var sample = SampleSA(encryption: CipherChoice(.null), integrity: .hmacSHA1)
            if let cipher { sample = SampleSA(encryption: cipher) }
            (sample.family, sample.mode) = (outer, .beet)
            // The outer ends are 1 and 2, the inner 1 and 2 of the inner family's sample addresses.
            sample.selector = Selector(
                source: IPPrefix(host: SampleSA.address(inner, 1)),
                destination: IPPrefix(host: SampleSA.address(inner, 2)))
            var association = sample.association(direction)
            association.source = SampleSA.address(outer, 11)
            association.id = SecurityAssociationID(
                destination: SampleSA.address(outer, 12), protocol: .esp, spi: association.id.spi)
            return association
        }

        func outbound(_ cipher: CipherChoice? = nil) throws -> OutboundSA {
            var random = FixedRandom(seed: 5)
            return try OutboundSA(association(.outbound, cipher), random: &random)
        }
    }

    /// Opens a packet in a buffer with room before it.
    private func open(_ inbound: inout InboundSA, _ bytes: [UInt8]) throws(DropReason) -> [UInt8] {
        let room = PacketRoom.inboundHeadroom
        var buffer = [UInt8](repeating: 0, count: room) + bytes
        let packet = try ESPPacket(inIPPacket: room..<buffer.count, of: buffer.span)
        var span = buffer.mutableSpan
        let opened = try inbound.open(&span, packet)
        return Array(buffer[opened.packet])
    }

    @Test(arguments: Ends.all, [nil, CipherChoice(.aesGCM16)])
    func packetsComeBackWithTheirAddresses(_ ends: Ends, _ cipher: CipherChoice?) throws {
        var outbound = try ends.outbound(cipher)
        var inbound = try InboundSA(ends.association(.inbound, cipher))
        for count in [0, 1, 2, 3, 64, 1300] {
            var packet = SamplePacket.udp(ends.inner, count: count, trafficClass: 0xb9)
            let (bytes, sealed) = try outbound.sealing(packet)
            #expect(sealed.hopLimit == 61 && sealed.trafficClass == 0xb9)
            // Between families an identification is lost.
            if ends.inner == .ipv4, ends.outer == .ipv6 {
                packet[4...5] = [0, 0]
                packet = SamplePacket.checksummed(Array(packet.prefix(20))) + packet.dropFirst(20)
            }
            #expect(try open(&inbound, bytes) == packet)
        }
        #expect(inbound.usage.packets == 6)
    }

    /// Only the payload behind the inner header is protected; the header's fields are the outer one's.
    @Test func theOuterHeaderSpeaksForTheInner() throws {
        let ends = Ends(inner: .ipv4, outer: .ipv4)
        var outbound = try ends.outbound()
        let packet = SamplePacket.udp(.ipv4, count: 2, trafficClass: 0xb9)
        let bytes = try outbound.sealing(packet).bytes
        let expected =
            SamplePacket.checksummed(
                [0x45, 0xb9, 0, 52, 0x12, 0x34, 0x40, 0, 61, 50, 0, 0, 192, 0, 2, 11, 192, 0, 2, 12])
            + [1, 2, 3, 4, 0, 0, 0, 1] + packet[20...] + [0, 17]
        #expect(Array(bytes.prefix(expected.count)) == expected)
    }

    /// Options of 4, 8 and 12 octets: length in units of eight past the first, padding of no-operations.
    @Test(
        arguments: [
            (options: [0x94, 4, 0, 0], pseudo: [17, 0, 0, 0]),
            (options: [0x94, 4, 0, 0, 1, 1, 1, 0], pseudo: [17, 1, 4, 0, 1, 1, 1, 1]),
            (options: [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0], pseudo: [17, 1, 0, 0]),
        ] as [(options: [UInt8], pseudo: [UInt8])])
    func optionsTravelBehindAPseudoHeader(_ example: (options: [UInt8], pseudo: [UInt8])) throws {
        for outer in [AddressFamily.ipv4, .ipv6] {
            let ends = Ends(inner: .ipv4, outer: outer)
            let upper = Array(SamplePacket.udp(.ipv4, count: 10).dropFirst(20))
            var header = SamplePacket.header(.ipv4, upper.count + example.options.count, proto: 17)
            header[0] = 0x45 + UInt8(example.options.count / 4)
            if outer == .ipv6 { header[4...5] = [0, 0] }
            let packet = SamplePacket.checksummed(header + example.options) + upper
            var outbound = try ends.outbound()
            var inbound = try InboundSA(ends.association(.inbound))
            let bytes = try outbound.sealing(packet).bytes
            let start = outer == .ipv4 ? 28 : 48
            let body = example.pseudo + example.options + upper
            #expect(Array(bytes[start..<start + body.count]) == body)
            #expect(bytes[bytes.count - 13] == 94)
            #expect(try open(&inbound, bytes) == packet)
        }
    }

    /// Protocol 94 must not be taken for a pseudo header.
    @Test(arguments: Ends.all)
    func thePseudoHeadersOwnNumberComesBack(_ ends: Ends) throws {
        var outbound = try ends.outbound()
        var inbound = try InboundSA(ends.association(.inbound))
        var packet = SamplePacket.header(ends.inner, 12, proto: 94)
        if ends.inner == .ipv4, ends.outer == .ipv6 { packet[4...5] = [0, 0] }
        if ends.inner == .ipv4 { packet = SamplePacket.checksummed(packet) }
        packet += [17, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(try open(&inbound, outbound.sealing(packet).bytes) == packet)
    }

    @Test func extensionHeadersTravelInside() throws {
        for outer in [AddressFamily.ipv4, .ipv6] {
            let ends = Ends(inner: .ipv6, outer: outer)
            let upper = Array(SamplePacket.udp(.ipv6, count: 10).dropFirst(40))
            let packet =
                SamplePacket.header(.ipv6, upper.count + 8, proto: 0) + [17, 0, 1, 4, 0, 0, 0, 0] + upper
            var outbound = try ends.outbound()
            var inbound = try InboundSA(ends.association(.inbound))
            let bytes = try outbound.sealing(packet).bytes
            #expect(bytes[bytes.count - 13] == 0)
            #expect(try open(&inbound, bytes) == packet)
        }
    }

    @Test func packetsOfOtherAddressesAndFragmentsStayOut() throws {
        let ends = Ends(inner: .ipv4, outer: .ipv4)
        var outbound = try ends.outbound()
        func refusal(_ packet: [UInt8]) -> DropReason? {
            do {
                _ = try outbound.sealing(packet)
                return nil
            } catch { return error as? DropReason }
        }
        var other = SamplePacket.udp(.ipv4, count: 8)
        other[19] = 9
        #expect(refusal(other) == .selectorMismatch)
        #expect(refusal(SamplePacket.udp(.ipv6, count: 8)) == .selectorMismatch)
        var fragment = SamplePacket.udp(.ipv4, count: 8)
        fragment[6] = 0x20
        #expect(refusal(fragment) == .fragmentInTransportMode)
    }

    @Test func aSelectorOfTwoAddressesIsRequired() throws {
        var association = Ends(inner: .ipv4, outer: .ipv4).association(.inbound)
        association.selector = nil
        #expect(throws: DatabaseFailure.self) { _ = try InboundSA(association).usage }
        association.selector = Selector(
            source: try #require(IPPrefix("10.0.0.0/24")), destination: try #require(IPPrefix("10.1.0.1/32")))
        #expect(throws: DatabaseFailure.self) { _ = try InboundSA(association).usage }
    }

    @Test func dummiesAndFlowPaddingAreTold() throws {
        let ends = Ends(inner: .ipv6, outer: .ipv4)
        var outbound = try ends.outbound()
        var inbound = try InboundSA(ends.association(.inbound))
        var buffer = [UInt8](repeating: 0x5a, count: PacketRoom.headroom + 100 + PacketRoom.tailroom)
        var span = buffer.mutableSpan
        let sealed = try outbound.sealDummy(&span, packet: PacketRoom.headroom..<PacketRoom.headroom + 100)
        var refusal: DropReason?
        do throws(DropReason) { _ = try open(&inbound, Array(buffer[sealed.packet])) } catch {
            refusal = error
        }
        #expect(refusal == .dummy)
        var association = ends.association(.outbound)
        association.trafficFlowPadding = 100
        var random = FixedRandom(seed: 1)
        #expect(throws: DatabaseFailure.self) { _ = try OutboundSA(association, random: &random).usage }
    }

    @Test(arguments: Ends.all)
    func theLargestInnerPacketFitsTheLink(_ ends: Ends) throws {
        let association = ends.association(.outbound)
        let mtu = PacketRoom.innerMTU(linkMTU: 1400, for: association)
        var outbound = try ends.outbound()
        let overhead = ends.inner == .ipv4 ? 28 : 48
        let largest = try outbound.sealing(SamplePacket.udp(ends.inner, count: mtu - overhead)).bytes.count
        #expect(largest <= 1400 && largest > 1400 - 16)
    }
}
