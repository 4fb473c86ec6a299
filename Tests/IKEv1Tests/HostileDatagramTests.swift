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

    private static func inject(_ datagram: [UInt8], like index: Int, _ pair: inout TwoEndpoints) {
        let (from, _, path) = pair.sent[index]
        pair.handle(.datagram(datagram, Path(local: path.remote, remote: path.local)), at: from.other)
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
        for (index, sent) in pair.sent.enumerated() {
            for length in 0..<sent.1.count {
                Self.inject(Array(sent.1.prefix(length)), like: index, &pair)
                var fitted = Array(sent.1.prefix(length))
                if length >= 28 {
                    fitted.replaceSubrange(24..<28, with: [0, 0, UInt8(length >> 8), UInt8(length & 255)])
                    Self.inject(fitted, like: index, &pair)
                }
            }
            Self.inject(sent.1 + [0, 0, 0, 0], like: index, &pair)
        }
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
        for (index, sent) in pair.sent.enumerated() {
            for flip in 1...255 {
                var datagram = sent.1
                datagram[octet] ^= UInt8(flip)
                Self.inject(datagram, like: index, &pair)
            }
        }
        Self.expectUnchanged(pair, before, "octet \(octet)")
        pair.run(for: .seconds(60))
        #expect(pair.endpoints.allSatisfy { $0.larval.isEmpty && $0.byCookie.count == 1 })
    }

    @Test("each datagram again at any later time", arguments: [0, 10, 45, 1000])
    func replayed(seconds: Int) {
        var pair = Self.established()
        pair.run(for: .seconds(seconds))
        let before = pair.endpoints.map { $0.status() }
        for index in pair.sent.indices { Self.inject(pair.sent[index].1, like: index, &pair) }
        Self.expectUnchanged(pair, before, "at once")
        pair.run(for: .seconds(60))
        Self.expectUnchanged(pair, before, "later")
        #expect(pair.endpoints.allSatisfy { $0.associations.count == 1 && $0.turn.awaiting.isEmpty })
    }

    @Test func reflected() {
        var pair = Self.established()
        let before = pair.endpoints.map { $0.status() }
        for (from, datagram, path) in pair.sent {
            pair.handle(.datagram(datagram, Path(local: path.local, remote: path.remote)), at: from)
        }
        Self.expectUnchanged(pair, before, "reflected")
        pair.run(for: .seconds(60))
        Self.expectUnchanged(pair, before, "later")
    }

    @Test func noise() {
        var pair = Self.established()
        let before = pair.endpoints.map { $0.status() }
        var random = FixedRandom(seed: 77)
        for round in 0..<20000 {
            let index = Int(random.next() % UInt64(pair.sent.count))
            var datagram = pair.sent[index].1
            for _ in 0...(round % 4) {
                datagram[Int(random.next() % UInt64(datagram.count))] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            if pair.sent[index].1 != datagram { Self.inject(datagram, like: index, &pair) }
            if pair.sent.count > 100 { pair.sent.removeLast(pair.sent.count - 10) }
        }
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
