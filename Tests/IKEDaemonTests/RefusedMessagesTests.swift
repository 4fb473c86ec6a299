import IPsec
import Negotiation
import Testing

@testable import IKEDaemon

@Suite("messages that no IKE SA came of, in the flight recorder")
struct RefusedMessagesTests {
    private static func message(
        _ address: UInt32, _ sentence: String = "unknown peer", octets: Int = 100, untold: Int = 0
    ) -> RefusedMessage {
        let remote = IPAddress(family: .ipv4, value: UInt128(address))
        return RefusedMessage(
            path: Path(local: Samples.path.local, remote: Endpoint(remote, port: 500)),
            octets: [UInt8](repeating: 7, count: octets), sentence: sentence, details: ["theirs and ours"],
            untold: untold, words: { ["IKE_SA_INIT request 0", "\($0.count) octets"] })
    }

    private static func lines(_ recorder: FlightRecorder, about name: String = RefusedMessages.name)
        -> [String]
    {
        recorder.lines(about: name, moment: Samples.moment(5))
    }

    @Test("by their own name, and by the address", arguments: [RefusedMessages.name, "192.0.2.9"])
    func told(name: String) {
        let recorder = FlightRecorder()
        recorder.note(Self.message(0xc000_0209), at: Samples.moment(1).instant)
        recorder.note(Self.message(0xc000_0209), at: Samples.moment(2).instant)
        #expect(
            Self.lines(recorder, about: name) == [
                "messages that no IKE SA came of",
                "  1970-01-12 13:46:42 192.0.2.9[500]: unknown peer (2 times since 1970-01-12 13:46:41)",
                "      theirs and ours", "      IKE_SA_INIT request 0", "      100 octets",
            ])
        #expect(Self.lines(recorder, about: "192.0.2.8").isEmpty)
    }

    @Test("a flood from everywhere takes so much room and no more, and the newest stay")
    func everywhere() {
        let recorder = FlightRecorder()
        for number in 0..<UInt32(5000) {
            recorder.note(
                Self.message(number, octets: Int(number % 3000), untold: 3), at: Samples.moment(1).instant)
        }
        let lines = Self.lines(recorder)
        #expect(lines.first == "messages that no IKE SA came of; 15000 others were too many to be looked at")
        let kept = lines.filter { $0.contains("unknown peer") }
        #expect(kept.count <= RefusedMessages.most)
        #expect(kept.count >= RefusedMessages.capacity / 3000 - 1)
        #expect(kept.last?.contains("0.0.19.135[500]") == true)
    }

    @Test("one address does not drive out the others, whatever it is refused for")
    func oneAddress() {
        let recorder = FlightRecorder()
        recorder.note(Self.message(1), at: Samples.moment(1).instant)
        for number in 0..<5000 {
            recorder.note(Self.message(2, "broken at octet \(number)"), at: Samples.moment(2).instant)
        }
        let lines = Self.lines(recorder)
        #expect(lines.contains { $0.contains("0.0.0.1[500]") })
        #expect(lines.count { $0.contains("0.0.0.2[500]") } == RefusedMessages.mostOfAddress)
        #expect(lines.contains { $0.contains("broken at octet 4999") })
    }

    @Test("what is too long is told of, and not kept")
    func long() {
        let recorder = FlightRecorder()
        recorder.note(Self.message(1, octets: RefusedMessages.longest + 1), at: Samples.moment(1).instant)
        let lines = Self.lines(recorder)
        #expect(lines.count == 3)
        #expect(!lines.contains { $0.contains("octets") })
    }
}
