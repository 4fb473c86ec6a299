import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("datagrams that anybody may send change nothing")
struct HostileDatagramTests {
    /// An established pair that has renewed its child; all that follows is by what is sent in.
    private static func established() -> TwoEndpoints {
        let policies = Policies()
        var pair = policies.pair(seed: 50)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        pair.force(.a) { sa in sa.established?.children.keys.first.map { .rekeyChild($0) } }
        pair.run(for: .seconds(20))
        return pair
    }

    private static func expectUnchanged(_ pair: TwoEndpoints, _ before: [EndpointStatus], _ what: String) {
        for side in 0...1 {
            let status = pair.endpoints[side].status()
            let isReached = pair.databases[side].reaches(pair.databases[1 - side])
            #expect(status.childSAs == before[side].childSAs, "\(what)")
            #expect(status.ikeSAs.filter { $0.established != nil } == before[side].ikeSAs, "\(what)")
            #expect(isReached, "\(what)")
        }
    }

    private static func expectNothingHalfOpen(_ pair: TwoEndpoints) {
        for endpoint in pair.endpoints {
            #expect(endpoint.larval.isEmpty && endpoint.larvalByAddress.isEmpty)
            #expect(endpoint.associations.count == 1 && endpoint.bySPI.count == 1)
            #expect(endpoint.turn.awaiting.isEmpty)
        }
    }

    /// Sends a pair what `send` makes of its messages, and expects no more of it than room for a while.
    private static func bear(_ what: String, _ send: (inout TwoEndpoints) -> Void) {
        var pair = established()
        let before = pair.endpoints.map { $0.status() }
        send(&pair)
        expectUnchanged(pair, before, what)
        #expect(pair.endpoints.allSatisfy { $0.larval.count <= FloodLimits().halfOpenPerAddress })
        pair.run(for: .seconds(60))
        expectUnchanged(pair, before, "\(what), later")
        expectNothingHalfOpen(pair)
    }

    @Test("cut short, with the length as it was and with one that fits, and too long")
    func truncated() {
        Self.bear("truncated") { $0.injectTruncated() }
    }

    @Test("wrong header fields", arguments: 0..<28)
    func header(octet: Int) {
        Self.bear("octet \(octet)") { $0.injectChanged(octet: octet) }
    }

    @Test("each datagram again", arguments: [0, 10, 45, 1000])
    func replayed(seconds: Int) {
        Self.bear("replayed") { pair in
            pair.run(for: .seconds(seconds))
            pair.injectAgain()
        }
    }

    @Test("each datagram sent back to its sender")
    func reflected() {
        Self.bear("reflected") { $0.reflect() }
    }

    @Test("octets changed at random, of which few are told")
    func noise() {
        Self.bear("noise") { pair in
            pair.injectNoise(seed: 78, rounds: 10000, kept: 20)
            let reports = pair.reports.joined().count { $0.kind == .dropped }
            #expect(reports <= 50, "\(reports) reports of dropped messages in no time")
        }
    }
}
