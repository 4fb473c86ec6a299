import IPsec
import TestSupport
import Testing

@testable import ESP

struct PathMTUTests {
    private static let now = Instant(nanoseconds: 100_000_000_000)

    private static func error(
        about packet: [UInt8], mtu: Int, from own: IPAddress = SampleSA.address(.ipv4, 9)
    ) -> [UInt8]? {
        PacketTooBig.error(about: packet.span, mtu: mtu, from: own)
    }

    private static func report(_ packet: [UInt8]) -> PathReport? { PathReport(packet.span) }

    @Test func reportsOnlyShortenAndAreForgotten() {
        var path = PathMTU(link: 1500, family: .ipv4)
        #expect(path.value(now: Self.now) == 1500)
        func learn(_ mtu: Int, after seconds: Int) -> Bool {
            path.learn(mtu, now: Self.now + .seconds(seconds))
        }
        let longer = learn(1600, after: 0)
        let shorter = learn(1400, after: 1)
        let back = learn(1450, after: 2)
        #expect(!longer && shorter && !back)
        #expect(path.value(now: Self.now + .seconds(600)) == 1400)
        #expect(path.value(now: Self.now + .seconds(601)) == 1500)
    }

    /// A forged report must not make packets so short that nothing gets through.
    @Test(arguments: [(AddressFamily.ipv4, 576), (.ipv6, 1280)])
    func reportsAreNotBelievedBelowWhatEveryPathTakes(_ family: AddressFamily, _ minimum: Int) {
        var path = PathMTU(link: 1500, family: family)
        let learned = path.learn(68, now: Self.now)
        #expect(learned && path.value(now: Self.now) == minimum)
        let again = path.learn(0, now: Self.now)
        #expect(!again)
    }

    @Test(arguments: [AddressFamily.ipv4, .ipv6])
    func theSenderIsToldAndCanReadIt(_ family: AddressFamily) throws {
        let own = SampleSA.address(family, 9)
        var sample = SampleSA.gcm
        sample.family = family
        var outbound = try sample.outbound()
        let esp = try outbound.sealing(SamplePacket.udp(.ipv4, count: 1400)).bytes
        let error = try #require(Self.error(about: esp, mtu: 1300, from: own))
        let header = try IPHeader(error.span)
        #expect(header.source == own && header.destination == SampleSA.address(family, 1))
        #expect(error.count == (family == .ipv4 ? 576 : 1280) && header.totalCount == error.count)
        let report = try #require(Self.report(error))
        #expect(report.mtu == 1300)
        #expect(report.subject == .esp(SPI(0x0102_0304), sequence: 1))
        #expect(report.destination == SampleSA.address(family, 2))
        for index in header.headerCount..<error.count {
            var bent = error
            bent[index] ^= 0x10
            let misread = Self.report(bent)
            #expect(misread == nil, "octet \(index)")
        }
        for count in 0..<error.count {
            let cut = Self.report(Array(error.prefix(count)))
            #expect(cut == nil)
        }
    }

    @Test func udpEncapsulationIsKnownByItsPorts() throws {
        var sample = SampleSA.gcm
        sample.isUDP = true
        var outbound = try sample.outbound()
        let esp = try outbound.sealing(SamplePacket.udp(.ipv4, count: 1400)).bytes
        let error = try #require(Self.error(about: esp, mtu: 1300))
        let report = try #require(Self.report(error))
        #expect(report.subject == .udp(sourcePort: 4500, destinationPort: 50000, SPI(0x0102_0304)))
    }

    @Test func oldRoutersTellNoMTU() throws {
        var outbound = try SampleSA.gcm.outbound()
        let esp = try outbound.sealing(SamplePacket.udp(.ipv4, count: 1440)).bytes
        let error = try #require(Self.error(about: esp, mtu: 0))
        let report = try #require(Self.report(error))
        #expect(report.mtu == 1492)
        #expect(PathMTU.plateau(below: 1492) == 1006 && PathMTU.plateau(below: 60) == 68)
    }

    /// RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e).
    @Test func someErrorsAreNeverSent() throws {
        func answers(_ packet: [UInt8]) -> Bool {
            let family: AddressFamily = packet[0] >> 4 == 4 ? .ipv4 : .ipv6
            return Self.error(about: packet, mtu: 1280, from: SampleSA.address(family, 9)) != nil
        }
        func icmp(_ family: AddressFamily, _ type: UInt8) -> [UInt8] {
            let upper: [UInt8] = [type, 0, 0, 0] + Array(repeating: 0, count: 1400)
            return SamplePacket.header(family, upper.count, proto: family == .ipv4 ? 1 : 58) + upper
        }
        #expect(
            answers(SamplePacket.udp(.ipv4, count: 1400)) && answers(SamplePacket.udp(.ipv6, count: 1400)))
        #expect(answers(icmp(.ipv4, 8)) && answers(icmp(.ipv6, 128)))
        for type in [3, 4, 5, 11, 12] as [UInt8] { #expect(!answers(icmp(.ipv4, type))) }
        for type in [1, 2, 3, 4, 137] as [UInt8] { #expect(!answers(icmp(.ipv6, type))) }
        var changed = SamplePacket.udp(.ipv4, count: 1400)
        changed[6] = 0
        #expect(!answers(changed), "it may be fragmented")
        (changed[6], changed[7]) = (0x40, 4)
        #expect(!answers(changed), "a later fragment")
        for (offset, octet) in [(12, 224), (16, 224), (16, 255)] as [(Int, UInt8)] {
            changed = SamplePacket.udp(.ipv4, count: 1400)
            changed[offset] = octet
            #expect(!answers(changed))
        }
        changed = SamplePacket.udp(.ipv6, count: 1400)
        changed[24] = 0xff
        #expect(!answers(changed))
        let later = try PacketFragments(
            SamplePacket.udp(.ipv6, count: 3000).span, mtu: 1400, identification: 1)
        let piece = later.fragment(1, of: SamplePacket.udp(.ipv6, count: 3000).span)
        #expect(!answers(piece))
    }
}
