import Calendar
import Testing

@testable import ControlProtocol

struct DropReportTests {
    static let report: DropReport = {
        var packet = DroppedPacketRecord(
            reason: "replayed", time: Timestamp(seconds: 1_795_232_809), direction: "inbound", length: 140,
            head: String(repeating: "00ff", count: 10))
        packet.outer = "192.0.2.1[4500] > 192.0.2.2[4500] udp"
        packet.spi = "0x00001001"
        packet.sequence = 7
        var plain = DroppedPacketRecord(
            reason: "policy_discards", time: Timestamp(seconds: 0), direction: "outbound", length: 84,
            head: "45")
        plain.inner = "10.1.0.1 > 10.2.0.1 icmp type 8 code 0"
        return DropReport(
            drops: [DropRecord(name: "replayed", sentence: "It came before.", count: 12)],
            packets: [plain, packet])
    }()

    @Test func survivesTheWay() throws {
        let reply = ControlReply.drops(Self.report)
        #expect(try ControlReply(line: Array(reply.line.dropLast())) == reply)
    }

    @Test func showsHeadersAndOctetsOnlyWhenAsked() {
        let headers = DropText.render(Self.report, .headers)
        #expect(headers.contains("replayed  12       It came before."))
        #expect(headers.contains("192.0.2.1[4500] > 192.0.2.2[4500] udp spi 0x00001001 sequence 7"))
        #expect(headers.contains("10.1.0.1 > 10.2.0.1 icmp type 8 code 0"))
        #expect(!headers.contains("00ff"))
        let octets = DropText.render(Self.report, .octets)
        #expect(octets.contains("\n    00ff 00ff 00ff 00ff 00ff 00ff 00ff 00ff\n    00ff 00ff\n"))
    }

    @Test func saysThatNothingWasDropped() {
        #expect(DropText.render(DropReport(drops: [], packets: []), .headers) == "No packets were dropped.\n")
    }
}
