import Cryptography
import IPsec
import Negotiation
import TestSupport
import Testing

/// Timers as data, and when messages are sent again.
@Suite struct DeadlinesTests {
    private static func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func theFirstIsTakenOnce() {
        var deadlines = Deadlines<String>()
        #expect(deadlines.next == nil && deadlines.takeDue(now: Self.at(100)) == nil)
        deadlines["late"] = Self.at(9)
        deadlines["early"] = Self.at(3)
        #expect(deadlines.next == Self.at(3))
        #expect(deadlines.takeDue(now: Self.at(2)) == nil)
        #expect(deadlines.takeDue(now: Self.at(10)) == "early")
        deadlines["late"] = Self.at(20)
        #expect(deadlines.takeDue(now: Self.at(10)) == nil)
        deadlines["late"] = nil
        #expect(deadlines.next == nil)
    }

    @Test("as a simple list would do it", arguments: UInt64(0)..<20)
    func queue(seed: UInt64) {
        var random = FixedRandom(seed: seed)
        var queue = DeadlineQueue<Int>()
        var model: [Int: Instant] = [:]
        for _ in 0..<3000 {
            let owner = Int(random.next() % 50)
            let instant = Self.at(Int64(random.next() % 1000))
            switch random.next() % 4 {
            case 0:
                queue.set(nil, for: owner)
                model[owner] = nil
            case 1:
                let due = queue.takeDue(now: instant)
                #expect((due != nil) == (model.values.min().map { $0 <= instant } ?? false))
                if let due {
                    #expect(model[due] == model.values.min())
                    model[due] = nil
                }
            default:
                queue.set(instant, for: owner)
                model[owner] = instant
            }
            #expect(queue.next == model.values.min())
        }
    }

    @Test func waitsGrow() {
        var random: any RandomSource = FixedRandom(seed: 1)
        let timers = TimerPolicy(retransmissions: 3, interval: .seconds(10))
        var schedule = RetransmissionSchedule(timers, random: &random)
        let stretch = schedule.wait - .seconds(10)
        #expect(stretch >= .zero && stretch <= .milliseconds(1250))
        for times in 1...3 {
            #expect(!schedule.isExhausted)
            schedule.sendAgain()
            #expect(schedule.sent == times)
            #expect(schedule.wait == .seconds(10 + 5 * times) + stretch)
        }
        #expect(schedule.isExhausted)
        let hasty = RetransmissionSchedule(TimerPolicy(interval: .zero), random: &random)
        #expect(hasty.wait >= .milliseconds(10))
    }
}
