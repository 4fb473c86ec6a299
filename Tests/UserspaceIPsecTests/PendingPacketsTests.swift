import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct PendingPacketsTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func key(_ network: String) throws -> PendingPackets.Key {
        let selector = Selector(
            source: try #require(IPPrefix("10.1.0.0/24")), destination: try #require(IPPrefix(network)))
        return PendingPackets.Key(
            policy: SecurityPolicyID(selector: selector, direction: .outbound),
            remote: try #require(IPAddress("192.0.2.2")))
    }

    @Test func onePolicyAsksOnce() throws {
        var pending = PendingPackets()
        let key = try key("10.2.0.0/24")
        #expect(pending.hold([1], for: key, now: start) == .asked(sequence: 1))
        #expect(pending.hold([2], for: key, now: start) == .held)
        #expect(try pending.hold([3], for: self.key("10.3.0.0/24"), now: start) == .asked(sequence: 2))
        #expect(pending.release(key) == [[1], [2]])
        #expect(pending.release(key).isEmpty)
        #expect(pending.hold([4], for: key, now: start) == .asked(sequence: 3), "answered, so asked anew")
    }

    @Test func theQueueIsBounded() throws {
        var pending = PendingPackets()
        let key = try key("10.2.0.0/24")
        for number in 0..<PendingPackets.limit {
            #expect(pending.hold([UInt8(number)], for: key, now: start) != .full)
        }
        #expect(pending.hold([99], for: key, now: start) == .full)
        #expect(pending.release(key).count == PendingPackets.limit)
    }

    @Test func soIsTheNumberOfNegotiations() throws {
        var pending = PendingPackets()
        for number in 0..<PendingPackets.negotiationLimit {
            _ = try pending.hold([0], for: key("10.\(number / 256).\(number % 256).0/24"), now: start)
        }
        #expect(try pending.hold([0], for: key("172.16.0.0/24"), now: start) == .full)
    }

    @Test func anUnansweredQuestionIsAskedAgainAfterItsTime() throws {
        var pending = PendingPackets()
        let key = try key("10.2.0.0/24")
        _ = pending.hold([1], for: key, now: start)
        _ = pending.hold([2], for: key, now: start)
        let almost = start + .seconds(29)
        #expect(pending.expire(now: almost) == 0)
        #expect(pending.hold([3], for: key, now: almost) == .held)
        #expect(pending.expire(now: start + .seconds(30)) == 3)
        #expect(pending.isEmpty)
        #expect(pending.hold([4], for: key, now: start + .seconds(30)) == .asked(sequence: 2))
    }
}
