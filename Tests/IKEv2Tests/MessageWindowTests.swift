import Cryptography
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("Message IDs (RFC 7296 sections 2.1 to 2.3)")
struct MessageWindowTests {
    private static var schedule: RetransmissionSchedule {
        var random: any RandomSource = FixedRandom(seed: 1)
        return RetransmissionSchedule(TimerPolicy(retransmissions: 2), random: &random)
    }

    @Test("one request at a time, until the peer takes more")
    func requests() {
        var window = MessageWindow<String>()
        #expect(window.nextRequest == 0)
        window.send("a", [[1]], Self.schedule)
        #expect(window.nextRequest == nil)
        #expect(window.takeRequest(answeredBy: 1) == nil)
        #expect(window.takeRequest(answeredBy: 0)?.kind == "a")
        #expect(window.takeRequest(answeredBy: 0) == nil)
        #expect(window.nextRequest == 1)
        window.setPeerSize(2)
        window.send("b", [[2]], Self.schedule)
        #expect(window.nextRequest == 2)
        window.send("c", [[3]], Self.schedule)
        #expect(window.nextRequest == nil)
        #expect(window.takeRequest(answeredBy: 2)?.kind == "c")
        #expect(window.awaits(1) && !window.awaits(2))
        window.setPeerSize(1)
        #expect(window.nextRequest == 3)
    }

    @Test("a request is sent again as often as the schedule says")
    func retransmission() {
        var window = MessageWindow<String>()
        window.send("a", [[1], [2]], Self.schedule)
        #expect(window.sendAgain(0) == [[1], [2]])
        #expect(window.sendAgain(0) == [[1], [2]])
        #expect(window.sendAgain(0) == nil)
        #expect(window.sendAgain(5) == nil)
    }

    @Test("the peer's requests are answered once, the last answer is repeated, all others are ignored")
    func answers() {
        var window = MessageWindow<String>(next: 0, expected: 5)
        #expect(window.judge(4) == .ignored)
        #expect(window.judge(6) == .ignored)
        #expect(window.judge(5) == .new)
        window.beginAnswer()
        #expect(window.judge(5) == .ignored)
        window.answer([[9]])
        #expect(window.judge(5) == .repeated([[9]]))
        #expect(window.judge(4) == .ignored)
        #expect(window.judge(6) == .new)
        window.beginAnswer()
        #expect(window.judge(5) == .ignored)
        window.answer([[8], [7]])
        #expect(window.judge(6) == .repeated([[8], [7]]))
        #expect(window.judge(5) == .ignored)
    }

    @Test("an answer is not repeated without end")
    func flood() {
        var window = MessageWindow<String>()
        window.beginAnswer()
        window.answer([[1]])
        let repeated = (0..<1000).count { _ in window.judge(0) != .ignored }
        #expect(repeated == 32)
        #expect(window.judge(1) == .new)
    }

    @Test("message IDs end before they begin anew")
    func exhaustion() {
        var window = MessageWindow<String>(next: UInt32.max - 1, expected: UInt32.max)
        #expect(window.isNearlyExhausted)
        window.send("a", [[1]], Self.schedule)
        _ = window.takeRequest(answeredBy: UInt32.max - 1)
        #expect(window.nextRequest == nil)
        window.beginAnswer()
        window.answer([[1]])
        #expect(window.answered == UInt32.max)
        #expect(!MessageWindow<String>().isNearlyExhausted)
    }
}
