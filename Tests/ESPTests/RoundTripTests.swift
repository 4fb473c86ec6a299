import Algorithms
import ESP
import IPsec
import TestSupport
import Testing

struct RoundTripTests {
    /// The families of the inner packet that a mode can carry.
    private func families(_ sample: SampleSA) -> [AddressFamily] {
        sample.mode == .tunnel ? [.ipv4, .ipv6] : [sample.family]
    }

    @Test(arguments: SampleSA.all)
    func whatIsSealedComesBack(_ sample: SampleSA) throws {
        for family in families(sample) {
            var outbound = try sample.outbound()
            var inbound = try sample.inbound()
            for count in [0, 1, 2, 3, 4, 5, 13, 14, 15, 16, 17, 64, 1372] {
                let packet = SamplePacket.udp(family, count: count)
                let (bytes, sealed) = try outbound.sealing(packet)
                let opened = try inbound.opening(bytes)
                #expect(opened.bytes == packet)
                #expect(opened.opened.flow.source == SampleSA.address(family, 1))
                #expect(opened.opened.flow.ports?.destination == 53)
                #expect(sealed.payload.upperBound == sealed.packet.upperBound)
                #expect((sealed.esp.count - 8) % 4 == 0)
            }
            let usage = (outbound.usage, inbound.usage)
            #expect(usage.0 == usage.1)
            #expect(usage.0.packets == 13)
        }
    }

    @Test(arguments: SampleSA.all)
    func aPayloadWithoutItsHeaderComesBack(_ sample: SampleSA) throws {
        for family in families(sample) {
            var outbound = try sample.outbound()
            var inbound = try sample.inbound()
            let packet = SamplePacket.udp(family, count: 40)
            let (bytes, sealed) = try outbound.sealing(packet)
            let esp = Array(bytes[(sealed.esp.lowerBound - sealed.packet.lowerBound)...])
            let outer = ESPPacket.Outer(
                source: SampleSA.address(sample.family, 1), destination: SampleSA.address(sample.family, 2),
                hopLimit: 61)
            let opened = try inbound.opening(payload: esp, outer: outer)
            let skipped = sample.mode == .tunnel ? 0 : family == .ipv4 ? 20 : 40
            #expect(opened.count == packet.count)
            #expect(opened.dropFirst(skipped) == packet.dropFirst(skipped))
            let header = try IPHeader(opened.span)
            #expect(header.source == SampleSA.address(family, 1))
            #expect(header.nextProtocol == 17)
        }
    }

    @Test(arguments: SampleSA.transforms)
    func anyAlteredOctetIsNoticed(_ sample: SampleSA) throws {
        var outbound = try sample.outbound()
        let (bytes, sealed) = try outbound.sealing(SamplePacket.udp(.ipv4, count: 20))
        for index in sealed.headerCount..<bytes.count {
            var inbound = try sample.inbound()
            var altered = bytes
            altered[index] ^= 0x10
            // The SPI's octets are authenticated too, although a changed one finds no SA.
            #expect(inbound.refusal(of: altered) == .integrityFailed, "octet \(index)")
        }
        var inbound = try sample.inbound()
        #expect(inbound.refusal(of: bytes) == nil)
    }

    @Test(arguments: SampleSA.transforms)
    func anyTruncatedLengthIsRefused(_ sample: SampleSA) throws {
        var outbound = try sample.outbound()
        let (bytes, sealed) = try outbound.sealing(SamplePacket.udp(.ipv4, count: 20))
        let esp = Array(bytes[sealed.headerCount...])
        let outer = ESPPacket.Outer(
            source: SampleSA.address(.ipv4, 1), destination: SampleSA.address(.ipv4, 2))
        for count in 0..<bytes.count {
            var inbound = try sample.inbound()
            #expect(inbound.refusal(of: Array(bytes.prefix(count))) != nil)
            guard count < esp.count else { continue }
            var reached = false
            do throws(DropReason) {
                _ = try inbound.opening(payload: Array(esp.prefix(count)), outer: outer)
                reached = true
            } catch {
                let expected: [DropReason] = [.tooShort, .partialBlock, .integrityFailed, .notESP]
                #expect(expected.contains(error))
            }
            #expect(!reached)
        }
    }

    @Test func cbcInitialVectorsDifferAndDoNotShowTheCounter() throws {
        var sample = SampleSA(encryption: CipherChoice(.aesCBC), integrity: .hmacSHA1)
        sample.mode = .tunnel
        var outbound = try sample.outbound()
        var seen: Set<[UInt8]> = []
        for _ in 0..<200 {
            let (bytes, _) = try outbound.sealing(SamplePacket.udp(.ipv4, count: 1))
            seen.insert(Array(bytes[28..<44]))
        }
        #expect(seen.count == 200)
        // Octets at one position take many values: no part of the counter is sent in clear.
        for position in 0..<16 { #expect(Set(seen.map { $0[position] }).count > 80) }
    }

    @Test func gcmInitialVectorsCount() throws {
        var outbound = try SampleSA.gcm.outbound()
        for expected in 1...3 as ClosedRange<UInt8> {
            let (bytes, _) = try outbound.sealing(SamplePacket.udp(.ipv4, count: 1))
            #expect(Array(bytes[28..<36]) == [0, 0, 0, 0, 0, 0, 0, expected])
        }
    }
}
