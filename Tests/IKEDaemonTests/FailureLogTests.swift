import Negotiation
import Testing

@testable import IKEDaemon

@Suite struct FailureLogTests {
    private static func failure(_ spi: UInt64, tunnel: String?) -> Report {
        let failure = NegotiationFailure.peerDeclined(
            .notified("NO_PROPOSAL_CHOSEN", number: 14, asked: ["we offer a", "we offer b"]))
        return Samples.report(
            .negotiationFailed, tunnel: tunnel, failure.sentence, level: .error, ikeSA: spi, failure: failure)
    }

    @Test("a failure is written once, and in short for a tunnel that goes with it")
    func failuresAreWrittenOnce() {
        let lines = LogLines()
        let log = Samples.log(lines)
        let record = ["the peer refused", "we offer a", "we offer b", "explain NO_PROPOSAL_CHOSEN"]
        func written(_ report: Report) -> [String] {
            let before = lines.all.count
            log.write(report)
            return Array(lines.all.dropFirst(before)).filter { $0.hasPrefix("ERROR") }
        }
        func isRecord(_ lines: [String], of subject: String) -> Bool {
            lines.count == record.count
                && zip(lines, record).allSatisfy { $0.contains($1) && $0.contains("[\(subject)]") }
        }
        // The tunnel tells first, or the IKE SA does.
        #expect(isRecord(written(Self.failure(1, tunnel: "hq")), of: "hq"))
        #expect(written(Self.failure(1, tunnel: nil)) == [])
        #expect(isRecord(written(Self.failure(2, tunnel: nil)), of: "192.0.2.2"))
        #expect(written(Self.failure(2, tunnel: "hq")).count == 1)
        // Another attempt tells all again.
        #expect(isRecord(written(Self.failure(3, tunnel: "hq")), of: "hq"))
    }
}
