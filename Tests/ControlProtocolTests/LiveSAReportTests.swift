import Testing

@testable import ControlProtocol

struct LiveSAReportTests {
    private static func report(packets: UInt64, bytes: UInt64) -> LiveSAReport {
        var inbound = LiveSARecord(
            tunnel: "hq", direction: "inbound", spi: "0x00001001", source: "192.0.2.2",
            destination: "192.0.2.1", state: "mature")
        inbound.packets = packets
        inbound.bytes = bytes
        inbound.lastSequence = packets
        inbound.replayWindow = 64
        inbound.replayed = 3
        inbound.softSecondsLeft = -2
        inbound.hardSecondsLeft = 10
        let outbound = LiveSARecord(
            tunnel: nil, direction: "outbound", spi: "0x00002002", source: "192.0.2.1",
            destination: "192.0.2.2", state: "mature")
        return LiveSAReport(sas: [inbound, outbound])
    }

    @Test func survivesTheWay() throws {
        let reply = ControlReply.sas(Self.report(packets: 100, bytes: 8400))
        #expect(try ControlReply(line: Array(reply.line.dropLast())) == reply)
    }

    @Test func showsTheWindowTheDropsAndTheTimeLeft() {
        let text = LiveSAText.render(Self.report(packets: 100, bytes: 8400))
        #expect(text.contains("37-100"))
        #expect(text.contains("3 replayed"))
        #expect(text.contains("10 s to its end"))
        #expect(!text.contains("MBIT/S"))
    }

    @Test func tellsRatesSinceTheLastTime() {
        let earlier = LiveSAText.Earlier(report: Self.report(packets: 100, bytes: 8400), age: .seconds(2))
        let line = LiveSAText.render(Self.report(packets: 300, bytes: 508_400), since: earlier)
            .split(separator: "\n")[1]
        #expect(line.split(separator: " ").suffix(2) == ["100", "2.0"])
    }

    /// Counters of another SA that took over the SPI.
    @Test func tellsNoRateOfCountersThatFell() {
        let earlier = LiveSAText.Earlier(report: Self.report(packets: 100, bytes: 8400), age: .seconds(2))
        let line = LiveSAText.render(Self.report(packets: 1, bytes: 84), since: earlier).split(
            separator: "\n")[1]
        #expect(line.split(separator: " ").suffix(2) == ["-", "-"])
    }

    @Test func aWindowBeginsAtOneAndMayBeEmpty() {
        #expect(LiveSAText.render(Self.report(packets: 5, bytes: 1)).contains(" 1-5 "))
        #expect(LiveSAText.render(Self.report(packets: 0, bytes: 0)).contains("empty of 64"))
    }
}
