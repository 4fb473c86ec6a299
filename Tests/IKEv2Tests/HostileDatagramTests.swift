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

    private static func inject(_ datagram: [UInt8], like index: Int, _ pair: inout TwoEndpoints) {
        let (from, _, path) = pair.sent[index]
        pair.handle(.datagram(datagram, Path(local: path.remote, remote: path.local)), at: from.other)
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
        Self.bear("truncated") { pair in
            for (index, sent) in pair.sent.enumerated() {
                for length in 0..<sent.1.count {
                    var cut = Array(sent.1.prefix(length))
                    Self.inject(cut, like: index, &pair)
                    guard length >= 28 else { continue }
                    cut.replaceSubrange(24..<28, with: [0, 0, UInt8(length >> 8), UInt8(length & 255)])
                    Self.inject(cut, like: index, &pair)
                }
                Self.inject(sent.1 + [0, 0, 0, 0], like: index, &pair)
            }
        }
    }

    @Test("wrong header fields", arguments: 0..<28)
    func header(octet: Int) {
        Self.bear("octet \(octet)") { pair in
            for (index, sent) in pair.sent.enumerated() {
                for flip in 1...255 {
                    var datagram = sent.1
                    datagram[octet] ^= UInt8(flip)
                    Self.inject(datagram, like: index, &pair)
                }
            }
        }
    }

    @Test("each datagram again", arguments: [0, 10, 45, 1000])
    func replayed(seconds: Int) {
        Self.bear("replayed") { pair in
            pair.run(for: .seconds(seconds))
            for index in pair.sent.indices { Self.inject(pair.sent[index].1, like: index, &pair) }
        }
    }

    @Test("each datagram sent back to its sender")
    func reflected() {
        Self.bear("reflected") { pair in
            for (from, datagram, path) in pair.sent {
                pair.handle(.datagram(datagram, Path(local: path.local, remote: path.remote)), at: from)
            }
        }
    }

    @Test("octets changed at random, of which few are told")
    func noise() {
        Self.bear("noise") { pair in
            var random = FixedRandom(seed: 78)
            for round in 0..<10000 {
                let index = Int(random.next() % UInt64(pair.sent.count))
                var datagram = pair.sent[index].1
                for _ in 0...(round % 4) {
                    datagram[Int(random.next() % UInt64(datagram.count))] = UInt8(
                        truncatingIfNeeded: random.next())
                }
                if pair.sent[index].1 != datagram { Self.inject(datagram, like: index, &pair) }
                if pair.sent.count > 100 { pair.sent.removeLast(pair.sent.count - 20) }
            }
            let reports = pair.reports.joined().count { $0.kind == .dropped }
            #expect(reports <= 50, "\(reports) reports of dropped messages in no time")
        }
    }
}
