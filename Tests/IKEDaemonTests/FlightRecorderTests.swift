import IPsec
import Negotiation
import Testing

@testable import IKEDaemon

@Suite struct FlightRecorderTests {
    private static func note(
        _ recorder: FlightRecorder, _ spi: UInt64?, _ sentence: String, tunnel: String? = "hq",
        at second: Int64 = 0
    ) {
        let report = Samples.report(.progress, tunnel: tunnel, sentence, ikeSA: spi)
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

    @Test func messagesArePutIntoWordsWhenTheyAreRead() {
        let recorder = FlightRecorder()
        let subject = Samples.report(.progress, "", ikeSA: 7).subject
        let trace = MessageTrace(.sent, [1, 2, 3], subject) { ["IKE_AUTH request 1", "\($0.count) octets"] }
        recorder.note(trace, at: Samples.moment(1).instant)
        #expect(
            recorder.lines(about: "gateway", moment: Samples.moment(5)).dropFirst() == [
                "  1970-01-12 13:46:41 sent IKE_AUTH request 1", "      3 octets",
            ])
    }

    @Test func tellsAStoryOnce() {
        let recorder = FlightRecorder()
        Self.note(recorder, 1, "first", at: 1)
        Self.note(recorder, 1, "failed", at: 2)
        #expect(
            recorder.untoldLines(beforeTheLastOf: 1, now: Samples.moment(3).instant) == [
                "  -2.000 s INFO: first"
            ])
        Self.note(recorder, 1, "second", at: 3)
        Self.note(recorder, 1, "failed again", at: 4)
        #expect(
            recorder.untoldLines(beforeTheLastOf: 1, now: Samples.moment(4).instant) == [
                "  -1.000 s INFO: second"
            ])
        #expect(recorder.untoldLines(beforeTheLastOf: 2, now: Samples.moment(4).instant).isEmpty)
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
