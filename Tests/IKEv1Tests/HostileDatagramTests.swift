import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv1

/// Datagrams that anybody may send: they change nothing.
@Suite struct HostileDatagramTests {
    /// An established pair; its clock stands still, so that all that follows is by what is sent in.
    private static func established() -> TwoEndpoints {
        let policies = Policies()
        var pair = policies.pair(seed: 9)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        return pair
    }

    private static func expectUnchanged(_ pair: TwoEndpoints, _ before: [EndpointStatus], _ what: String) {
        for side in 0...1 {
            #expect(pair.endpoints[side].status().childSAs == before[side].childSAs, "\(what)")
            let old = before[side].ikeSAs
            #expect(pair.endpoints[side].status().ikeSAs.filter { $0.established != nil } == old, "\(what)")
        }
        #expect(pair.reachesBothWays, "\(what)")
    }

    @Test func truncated() {
        var pair = Self.established()
        let before = pair.endpoints.map { $0.status() }
        pair.injectTruncated()
        Self.expectUnchanged(pair, before, "truncated")
        #expect(pair.endpoints.allSatisfy { $0.larval.count <= FloodLimits().halfOpenPerAddress })
        pair.run(for: .seconds(60))
        Self.expectUnchanged(pair, before, "later")
        #expect(pair.endpoints.allSatisfy { $0.larval.isEmpty && $0.larvalByAddress.isEmpty })
    }

    @Test("wrong header fields", arguments: 0..<28)
    func header(octet: Int) {
        var pair = Self.established()
        let before = pair.endpoints.map { $0.status() }
        pair.injectChanged(octet: octet)
        Self.expectUnchanged(pair, before, "octet \(octet)")
        pair.run(for: .seconds(60))
        #expect(pair.endpoints.allSatisfy { $0.larval.isEmpty && $0.byCookie.count == 1 })
    }

    @Test("each datagram again at any later time", arguments: [0, 10, 45, 1000])
    func replayed(seconds: Int) {
        var pair = Self.established()
        pair.run(for: .seconds(seconds))
        let before = pair.endpoints.map { $0.status() }
        pair.injectAgain()
        Self.expectUnchanged(pair, before, "at once")
        pair.run(for: .seconds(60))
        Self.expectUnchanged(pair, before, "later")
        #expect(pair.endpoints.allSatisfy { $0.associations.count == 1 && $0.turn.awaiting.isEmpty })
    }

    @Test func reflected() {
        var pair = Self.established()
        let before = pair.endpoints.map { $0.status() }
        pair.reflect()
        Self.expectUnchanged(pair, before, "reflected")
        pair.run(for: .seconds(60))
        Self.expectUnchanged(pair, before, "later")
    }

    @Test func noise() {
        var pair = Self.established()
        let before = pair.endpoints.map { $0.status() }
        pair.injectNoise(seed: 77, rounds: 20000, kept: 10)
        Self.expectUnchanged(pair, before, "noise")
        let reports = pair.reports.joined().count { $0.kind == .dropped }
        #expect(reports <= 50, "\(reports) reports of dropped messages in no time")
    }

    @Test func floodOfFirstMessages() {
        var pair = Self.established()
        pair.endpoints[1].policy.limits = FloodLimits(halfOpen: 100, halfOpenPerAddress: 10)
        let (_, first, path) = pair.sent[0]
        var random = FixedRandom(seed: 5)
        for _ in 0..<20000 {
            var datagram = first
            datagram.replaceSubrange(0..<8, with: random.bytes(count: 8))
            let remote = Endpoint(IPAddress(family: .ipv4, value: UInt128(random.next() % 65536)), port: 500)
            pair.handle(.datagram(datagram, Path(local: path.remote, remote: remote)), at: .b)
        }
        let flooded = pair.endpoints[1]
        #expect(flooded.larval.count == 100 && flooded.associations.count == 101)
        #expect(flooded.byCookie.count == 101 && flooded.larvalByAddress.count <= 100)
        pair.run(for: .seconds(60))
        let left = pair.endpoints[1]
        #expect(left.larval.isEmpty && left.larvalByAddress.isEmpty && left.byCookie.count == 1)
        #expect(left.turn.awaiting.isEmpty && left.turn.usedSPIs.count == 1)
        #expect(pair.reachesBothWays)
    }
}
