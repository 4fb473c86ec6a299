import Algorithms
import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

/// Which of the reports of routers, which anybody can forge, an SA believes.
@Suite struct PathReportTests {
    private static let now = Instant(nanoseconds: 5_000_000_000)

    /// An SA that has sealed five packets, and the last of them as it left.
    private static func used(
        encapsulation: UDPEncapsulation? = nil
    ) throws -> (entry: OutboundAssociation, packet: [UInt8]) {
        let entry = try OutboundAssociation(
            try Samples.association(.outbound, encapsulation: encapsulation), now: now)
        var packet: [UInt8] = []
        for _ in 0..<5 {
            var buffer = [UInt8](repeating: 0, count: 1700)
            let front: [UInt8] = [
                0x45, 0, 5, 100, 0, 1, 0x40, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1,
            ]
            buffer.replaceSubrange(100..<120, with: front)
            var span = buffer.mutableSpan
            let sealed = try entry.seal(&span, 100..<1480, by: 0)
            packet = Array(buffer[sealed.packet])
        }
        return (entry, packet)
    }

    /// What a router says of a packet.
    private static func report(_ packet: [UInt8], mtu: Int = 1300) throws -> PathReport {
        let router = try #require(IPAddress("203.0.113.1"))
        let error = PacketTooBig.error(about: packet.span, mtu: mtu, from: router)
        let octets = try #require(error)
        let report = PathReport(octets.span)
        return try #require(report)
    }

    private static func changed(_ packet: [UInt8], at offset: Int, by change: UInt8 = 1) -> [UInt8] {
        var packet = packet
        packet[offset] ^= change
        return packet
    }

    @Test func whatTheAssociationSentIsBelieved() throws {
        let (entry, packet) = try Self.used()
        #expect(try entry.isMeant(by: Self.report(packet)))
        // Sequence number 5 becomes 4 and 1: sent, too.
        #expect(try entry.isMeant(by: Self.report(Self.changed(packet, at: 27))))
        #expect(try entry.isMeant(by: Self.report(Self.changed(packet, at: 27, by: 4))))
    }

    /// Addresses, SPI, and sequence numbers 0, 6 and one of long ago.
    @Test(arguments: [(15, 1), (19, 1), (20, 1), (23, 1), (27, 5), (27, 3), (24, 0x80)] as [(Int, UInt8)])
    func whatItDidNotSendIsNot(_ offset: Int, _ change: UInt8) throws {
        let (entry, packet) = try Self.used()
        #expect(try !entry.isMeant(by: Self.report(Self.changed(packet, at: offset, by: change))))
    }

    @Test func inUDPThePortsAndTheSPIMustBeItsOwn() throws {
        let ports = UDPEncapsulation(sourcePort: 4500, destinationPort: 50_000)
        let (entry, packet) = try Self.used(encapsulation: ports)
        #expect(try entry.isMeant(by: Self.report(packet)))
        #expect(try !entry.isMeant(by: Self.report(Self.changed(packet, at: 23))), "destination port")
        #expect(try !entry.isMeant(by: Self.report(Self.changed(packet, at: 31))), "SPI")
        entry.updateEncapsulation(UDPEncapsulation(sourcePort: 4500, destinationPort: 50_002))
        #expect(try !entry.isMeant(by: Self.report(packet)), "where the peer was before")
        let (raw, _) = try Self.used()
        #expect(try !raw.isMeant(by: Self.report(packet)), "an SA without UDP")
    }

    @Test func thePathIsShorterForTenMinutes() {
        let path = ReportedPath()
        #expect(path.value(link: 1500, now: Self.now) == 1500)
        let isShorter = path.learn(1300, link: 1500, .ipv4, now: Self.now)
        #expect(isShorter && path.value(link: 1500, now: Self.now) == 1300)
        #expect(!path.learn(1400, link: 1500, .ipv4, now: Self.now))
        #expect(path.value(link: 1280, now: Self.now) == 1280, "the link is shorter still")
        #expect(path.value(link: 1500, now: Self.now + PathMTU.lifetime) == 1500)
        #expect(path.learn(100, link: 1500, .ipv4, now: Self.now + PathMTU.lifetime))
        #expect(path.value(link: 1500, now: Self.now + PathMTU.lifetime) == 576)
    }
}
