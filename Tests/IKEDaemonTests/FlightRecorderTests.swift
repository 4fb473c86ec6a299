import IPsec
import Negotiation
import Testing

@testable import IKEDaemon

@Suite struct FlightRecorderTests {
    private static func note(
        _ recorder: FlightRecorder, _ spi: UInt64?, _ sentence: String, tunnel: String? = "hq",
        at second: Int64 = 0
    ) {
        var report = Samples.report(.progress, tunnel: tunnel, sentence)
        report.subject.ikeSA = spi
        recorder.note(report, at: Samples.moment(second).instant)
    }

    @Test(arguments: ["hq", "gateway", "192.0.2.2", "0x00000000000000ab"])
    func tellsOfAnSAByAnyOfItsNames(name: String) {
        let recorder = FlightRecorder()
        Self.note(recorder, 0xab, "--> SAi1", at: 1)
        Self.note(recorder, 0xab, "<-- SAr1", tunnel: nil, at: 2)
        Self.note(recorder, nil, "of no SA", at: 3)
        let lines = recorder.lines(about: name, moment: Samples.moment(5))
        #expect(
            lines == [
                "IKE SA 0x00000000000000ab with remote \"gateway\", 192.0.2.2[500], for hq",
                "  1970-01-12 13:46:41 INFO: --> SAi1", "  1970-01-12 13:46:42 INFO: <-- SAr1",
            ])
        #expect(recorder.lines(about: "other", moment: Samples.moment(5)).isEmpty)
    }

    @Test func keepsTheNewestOfALongStory() {
        let recorder = FlightRecorder()
        let sentence = String(repeating: "x", count: 1000)
        for number in 0..<1000 { Self.note(recorder, 1, "\(number) \(sentence)") }
        let lines = recorder.lines(about: "hq", moment: Samples.moment(0))
        #expect(lines.last?.contains(" 999 ") == true)
        #expect((40..<65).contains(lines.count))
    }

    @Test func manySAsShareALimit() {
        let recorder = FlightRecorder(totalCapacity: 10_000)
        for number in 0..<1000 { Self.note(recorder, UInt64(number) + 1, "step", at: Int64(number)) }
        let lines = recorder.lines(about: "hq", moment: Samples.moment(0))
        #expect(lines.count < 400)
        #expect(lines.contains { $0.hasPrefix("IKE SA 0x00000000000003e8") })
        #expect(!lines.contains { $0.hasPrefix("IKE SA 0x0000000000000001 ") })
    }
}
