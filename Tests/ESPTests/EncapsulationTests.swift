import Algorithms
import IPsec
import TestSupport
import Testing

@testable import ESP

struct EncapsulationTests {
    private func sample(_ mode: EncapsulationMode, _ family: AddressFamily, isUDP: Bool = false) -> SampleSA {
        var sample = SampleSA.gcm
        (sample.mode, sample.family, sample.isUDP) = (mode, family, isUDP)
        return sample
    }

    private func refusal(_ sample: SampleSA, _ packet: [UInt8]) throws -> DropReason? {
        var outbound = try sample.outbound()
        do {
            _ = try outbound.sealing(packet)
            return nil
        } catch {
            return error as? DropReason
        }
    }

    /// Whoever opens a packet takes destination options before ESP for the header's; a sender must not count on that.
    @Test(arguments: [IPProtocol.esp, IPProtocol.ah, IPProtocol.ipcomp], [false, true])
    func destinationOptionsGoBehindESP(_ number: UInt8, _ isUDP: Bool) throws {
        var sample = SampleSA.gcm
        (sample.mode, sample.family, sample.isUDP) = (.transport, .ipv6, isUDP)
        let options: [UInt8] = [number, 0, 1, 4, 0, 0, 0, 0]
        let packet = SamplePacket.header(.ipv6, 40, proto: 60) + options + Array(repeating: 3, count: 32)
        var outbound = try sample.outbound()
        var inbound = try sample.inbound()
        let sealed = try outbound.sealing(packet).bytes
        #expect(sealed[6] == (isUDP ? IPProtocol.udp : IPProtocol.esp))
        #expect(try inbound.opening(sealed).bytes == packet)
    }

    @Test func theOuterIPv4HeaderIsWhole() throws {
        var outbound = try sample(.tunnel, .ipv4).outbound()
        let (bytes, sealed) = try outbound.sealing(SamplePacket.udp(.ipv4, count: 100, trafficClass: 0xb9))
        let header = try IPHeader(bytes.span)
        #expect(header.source == SampleSA.address(.ipv4, 1))
        #expect(header.destination == SampleSA.address(.ipv4, 2))
        #expect(header.hopLimit == 64)
        #expect(header.nextProtocol == 50)
        #expect(header.trafficClass == 0xb9)
        #expect(header.dontFragment)
        #expect(header.totalCount == bytes.count)
        #expect(sealed.dontFragment)
        #expect(SamplePacket.checksummed(Array(bytes.prefix(20))) == Array(bytes.prefix(20)))
        #expect(Array(bytes[20..<28]) == [1, 2, 3, 4, 0, 0, 0, 1])
    }

    @Test func dontFragmentIsCopiedFromTheInnerHeader() throws {
        var packet = SamplePacket.udp(.ipv4, count: 10)
        packet[6] = 0
        packet = SamplePacket.checksummed(Array(packet.prefix(20))) + packet.dropFirst(20)
        var outbound = try sample(.tunnel, .ipv4).outbound()
        let (bytes, sealed) = try outbound.sealing(packet)
        #expect(!sealed.dontFragment)
        #expect(bytes[6] == 0)
    }

    @Test func theOuterIPv6HeaderAndUDPAreWhole() throws {
        var outbound = try sample(.tunnel, .ipv6, isUDP: true).outbound()
        let (bytes, sealed) = try outbound.sealing(SamplePacket.udp(.ipv4, count: 100, trafficClass: 3))
        let header = try IPHeader(bytes.span)
        #expect(header.nextProtocol == 17)
        #expect(header.trafficClass == 3)
        #expect(header.totalCount == bytes.count)
        #expect(Array(bytes[40..<44]) == [0x11, 0x94, 0xc3, 0x50])
        #expect(Int(bytes[44]) << 8 + Int(bytes[45]) == bytes.count - 40)
        // IPv6 has no UDP without a checksum: with its own, all of it sums up to ones.
        let datagram = Array(bytes[40...])
        let pseudo = Array(bytes[8..<40]) + [0, 17, bytes[44], bytes[45]]
        var sum = 0
        for (index, octet) in (pseudo + datagram).enumerated() {
            sum += Int(octet) << (index % 2 == 0 ? 8 : 0)
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        #expect(sum == 0xffff && Array(bytes[46..<48]) != [0, 0])
        #expect(sealed.payload.count == bytes.count - 40)
        #expect(sealed.esp.count == bytes.count - 48)
    }

    @Test func ipv4OptionsStayOutsideInTransportMode() throws {
        let upper = Array(SamplePacket.udp(.ipv4, count: 30).dropFirst(20))
        var header = SamplePacket.header(.ipv4, upper.count + 8, proto: 17)
        header[0] = 0x47
        header = SamplePacket.checksummed(header + [0x94, 4, 0, 0, 1, 1, 1, 0])
        var outbound = try sample(.transport, .ipv4).outbound()
        var inbound = try sample(.transport, .ipv4).inbound()
        let (bytes, sealed) = try outbound.sealing(header + upper)
        #expect(sealed.headerCount == 28)
        #expect(Array(bytes[20..<28]) == [0x94, 4, 0, 0, 1, 1, 1, 0])
        #expect(SamplePacket.checksummed(Array(bytes.prefix(28))) == Array(bytes.prefix(28)))
        #expect(try inbound.opening(bytes).bytes == header + upper)
    }

    /// Hop-by-hop, destination options and routing stay outside, destination options behind them inside.
    @Test func ipv6ExtensionHeadersAreSplitWhereTheRFCSays() throws {
        let upper = Array(SamplePacket.udp(.ipv6, count: 30).dropFirst(40))
        let chain: [UInt8] =
            [60, 0, 1, 4, 0, 0, 0, 0] + [43, 0, 1, 4, 0, 0, 0, 0] + [60, 0, 4, 0, 0, 0, 0, 0]
            + [17, 0, 1, 4, 0, 0, 0, 0]
        let packet = SamplePacket.header(.ipv6, chain.count + upper.count, proto: 0) + chain + upper
        var outbound = try sample(.transport, .ipv6).outbound()
        var inbound = try sample(.transport, .ipv6).inbound()
        let (bytes, sealed) = try outbound.sealing(packet)
        #expect(sealed.headerCount == 64)
        #expect(bytes[6] == 0)
        #expect(bytes[56] == 50)
        let opened = try inbound.opening(bytes)
        #expect(opened.bytes == packet)
        #expect(opened.opened.flow.upperProtocol == 17)
        #expect(opened.opened.flow.ports?.source == 1234)
    }

    @Test func whatCannotBeSealedSaysWhy() throws {
        var fragment = SamplePacket.udp(.ipv4, count: 16)
        fragment[6] = 0x20
        #expect(try refusal(sample(.transport, .ipv4), fragment) == .fragmentInTransportMode)
        #expect(try refusal(sample(.tunnel, .ipv4), fragment) == nil)
        let fragment6 =
            SamplePacket.header(.ipv6, 16, proto: 44) + [17, 0, 0, 1, 0, 0, 0, 1]
            + Array(repeating: 0, count: 8)
        #expect(try refusal(sample(.transport, .ipv6), fragment6) == .fragmentInTransportMode)
        #expect(try refusal(sample(.tunnel, .ipv4), SamplePacket.udp(.ipv4, count: 65_500)) == .tooLarge)
        #expect(
            try refusal(sample(.transport, .ipv4), SamplePacket.udp(.ipv6, count: 9)) == .selectorMismatch)
        #expect(try refusal(sample(.tunnel, .ipv4), [0x45]) == .truncatedHeader)
        #expect(try refusal(sample(.tunnel, .ipv4), Array(repeating: 0x75, count: 40)) == .badVersion)
        #expect(
            try refusal(sample(.tunnel, .ipv4), Array(SamplePacket.udp(.ipv4, count: 9).dropLast()))
                == .badLength)
    }

    @Test func aBufferWithoutRoomIsRefused() throws {
        var outbound = try SampleSA.gcm.outbound()
        var buffer = SamplePacket.udp(.ipv4, count: 10)
        let range = 0..<buffer.count
        var refusal: DropReason?
        do throws(DropReason) {
            var span = buffer.mutableSpan
            _ = try outbound.seal(&span, packet: range)
        } catch {
            refusal = error
        }
        #expect(refusal == .noRoom)
        #expect(outbound.lastSequence == 0)
    }

    @Test func sequenceNumbersEnd() throws {
        var outbound = try SampleSA.gcm.outbound()
        outbound.skipSequence(to: UInt64(UInt32.max) - 1)
        let packet = SamplePacket.udp(.ipv4, count: 4)
        let (bytes, _) = try outbound.sealing(packet)
        #expect(Array(bytes[24..<28]) == [0xff, 0xff, 0xff, 0xff])
        var refusal: DropReason?
        do { _ = try outbound.sealing(packet) } catch { refusal = error as? DropReason }
        #expect(refusal == .sequenceExhausted)
    }

    @Test func limitsAreSignalledOnceAndHardOnesEnforced() throws {
        var sample = SampleSA.gcm
        sample.lifetime = Lifetime(softPackets: 2, hardPackets: 4)
        var outbound = try sample.outbound()
        var inbound = try sample.inbound()
        var signals: [LifetimeSignal?] = []
        var received: [LifetimeSignal?] = []
        for _ in 0..<4 {
            let (bytes, sealed) = try outbound.sealing(SamplePacket.udp(.ipv4, count: 4))
            signals.append(sealed.signal)
            received.append(try inbound.opening(bytes).opened.signal)
        }
        #expect(signals == [nil, .soft, nil, .hard])
        #expect(received == signals)
        var refusal: DropReason?
        do { _ = try outbound.sealing(SamplePacket.udp(.ipv4, count: 4)) } catch {
            refusal = error as? DropReason
        }
        #expect(refusal == .lifetimeExpired)
    }

    @Test(arguments: SampleSA.all)
    func theLargestInnerPacketFitsTheLink(_ sample: SampleSA) throws {
        let mtu = PacketRoom.innerMTU(linkMTU: 1400, for: sample.association(.outbound))
        let family = sample.family
        let overhead = family == .ipv4 ? 28 : 48
        var outbound = try sample.outbound()
        let largest = try outbound.sealing(SamplePacket.udp(family, count: mtu - overhead)).bytes.count
        let larger = try outbound.sealing(SamplePacket.udp(family, count: mtu - overhead + 1)).bytes.count
        #expect(largest <= 1400)
        #expect(larger > 1400)
    }

    @Test func unsupportedAssociationsAreRefusedWithASentence() throws {
        var random = FixedRandom(seed: 1)
        var association = SampleSA.gcm.association(.outbound)
        association.mode = .beet
        #expect(throws: DatabaseFailure.self) {
            _ = try OutboundSA(association, random: &random).lastSequence
        }
        association.mode = .tunnel
        association.transform.encryption = CipherChoice(.null)
        #expect(throws: DatabaseFailure.self) {
            _ = try OutboundSA(association, random: &random).lastSequence
        }
    }
}
