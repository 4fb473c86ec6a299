import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

struct DropCountersTests {
    private let counters = DropCounters()
    private let ends = (
        source: Endpoint(IPAddress("192.0.2.1") ?? .unspecified(.ipv4), port: 4500),
        destination: Endpoint(IPAddress("192.0.2.2") ?? .unspecified(.ipv4), port: 4500)
    )

    private func sight(_ octets: [UInt8]) -> PacketSight {
        PacketSight(payload: octets.span, from: ends.source, to: ends.destination, isInUDP: true)
    }

    private func drop(_ octets: [UInt8], at milliseconds: Int64, _ reason: PlaneDrop = .unknownSPI) {
        counters.count(.plane(reason), .inbound, now: Instant(nanoseconds: milliseconds * 1_000_000)) {
            sight(octets)
        }
    }

    @Test func remembersWhatAPacketWas() throws {
        drop([0, 0, 0x10, 1, 0, 0, 0, 9] + Array(repeating: 0xee, count: 100), at: 5)
        let packet = try #require(counters.samples.first)
        #expect(packet.reason == "unknown_spi")
        #expect(packet.spi == SPI(0x1001))
        #expect(packet.sequence == 9)
        #expect(packet.length == 108)
        #expect(packet.head.count == DroppedPacket.largestHead)
        #expect(packet.outer?.source == ends.source)
    }

    @Test func countsEveryPacketAndLooksAtFewOfAFlood() {
        for number in 0..<10_000 { drop([0, 0, 0, 1, 0, 0, 0, 1], at: Int64(number) / 100) }
        #expect(counters.values == [.plane(.unknownSPI): 10_000])
        // 100 ms of flood, a look every 50 ms.
        #expect(counters.samples.count == 2)
    }

    @Test func keepsTheLastOfEachReason() {
        for number in 0..<20 { drop([UInt8(number)], at: Int64(number) * 100) }
        drop([77], at: 1, .wrongEncapsulation)
        #expect(counters.samples.map { $0.head[0] } == [77, 16, 17, 18, 19])
    }

    @Test func seesAnIPPacket() {
        let icmp: [UInt8] = [
            0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0,
        ]
        let sight = PacketSight(plain: icmp.span)
        #expect(sight.inner?.upperProtocol == 1)
        #expect(sight.inner?.source.address == IPAddress("10.1.0.1"))
        #expect(PacketSight(plain: [0x45].span).inner == nil)
    }

    @Test func everyReasonHasAPlaceOfItsOwn() {
        for reason in PacketDrop.all { counters.count(reason) }
        #expect(counters.values.count == PacketDrop.all.count)
    }
}
