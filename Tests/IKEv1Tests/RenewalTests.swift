import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv1

/// When traffic is turned over to a new pair, and what happens if the peer never got to use it.
@Suite struct RenewalTests {
    /// Two sides of which A renews its child under one ISAKMP SA.
    private static func established() -> TwoEndpoints {
        var policies = Policies()
        policies.childLifetime = .seconds(1000)
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        return pair
    }

    /// When the next outbound SA came into each side's database.
    private static func nextOutbound(_ pair: inout TwoEndpoints, within interval: Duration) -> [Instant?] {
        let before = pair.databases.map(\.outbound.last)
        var seen: [Instant?] = [nil, nil]
        pair.run(for: interval) { pair in
            for side in 0...1 where seen[side] == nil && pair.databases[side].outbound.last != before[side] {
                seen[side] = pair.now
            }
        }
        return seen
    }

    private static func isConfirmation(_ datagram: [UInt8]) -> Bool {
        datagram[18] == 32 && datagram.count < 80
    }

    private static func isInformational(_ datagram: [UInt8]) -> Bool { datagram[18] == 5 }

    /// The responder has its outbound SA when HASH(3) arrives, 5 ms after it was sent.
    @Test func waitsForThePeerToInstall() throws {
        var pair = Self.established()
        let first = Self.nextOutbound(&pair, within: .seconds(5))
        #expect(
            try #require(first[0]) - #require(first[1]) == ProtocolLimits.firstSettlingTime - .milliseconds(5)
        )
        let renewed = Self.nextOutbound(&pair, within: .seconds(900))
        #expect(
            try #require(renewed[0]) - #require(renewed[1]) == ProtocolLimits.settlingTime - .milliseconds(5))
        #expect(pair.reachesBothWays)
    }

    /// Late repetitions are answered from the last few quick modes, not from some that chance picked.
    @Test func remembersTheLastQuickModes() {
        var policies = Policies()
        policies.childLifetime = .seconds(500)
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        var order: [UInt32] = []
        pair.run(for: .seconds(12000)) { pair in
            guard let sa = pair.endpoints[1].associations.values.first?.established,
                let last = sa.quickModes.last(where: \.isOver)?.messageID
            else { return }
            if order.last != last { order.append(last) }
            let kept = sa.quickModes.filter(\.isOver).map(\.messageID)
            #expect(Set(kept) == Set(order.suffix(ProtocolLimits.finishedQuickModes)))
        }
        #expect(order.count > ProtocolLimits.finishedQuickModes)
    }

    @Test func goesBackToTheOldPair() {
        var pair = Self.established()
        pair.run(for: .seconds(700))
        let old = pair.current(.a).map(\.inbound)
        pair.tamper = { datagram, _ in Self.isConfirmation(datagram) ? nil : datagram }
        var isBroken = false
        while !pair.reports[1].contains(where: { $0.kind == .negotiationFailed }), !isBroken {
            pair.run(for: .milliseconds(100))
            isBroken = pair.now > Instant(nanoseconds: 1_000_000_000_000)
        }
        pair.run(for: .milliseconds(100))
        #expect(pair.current(.a).map(\.inbound) == old)
        #expect(pair.current(.b).map(\.outbound) == old)
        pair.tamper = nil
        pair.run(for: .seconds(10))
        #expect(pair.shareOnePair, "\(pair.reports)")
        #expect(pair.current(.a).map(\.inbound) != old)
    }

    /// The responder's delete is lost as well: it starts a quick mode of its own.
    @Test func theResponderNegotiatesAnew() {
        var pair = Self.established()
        pair.run(for: .seconds(700))
        pair.tamper = { datagram, _ in
            Self.isConfirmation(datagram) || Self.isInformational(datagram) ? nil : datagram
        }
        var tries = 0
        while !pair.reports[1].contains(where: { $0.kind == .negotiationFailed }), tries < 3000 {
            pair.run(for: .milliseconds(100))
            tries += 1
        }
        #expect(pair.current(.a).first?.outbound != pair.current(.b).first?.inbound)
        pair.tamper = nil
        pair.run(for: .seconds(5))
        #expect(pair.shareOnePair, "\(pair.reports)")
        #expect(pair.endpoints[1].children.all.contains { $0.isCurrent && $0.role == .initiator })
    }

    /// The peer has lost its ISAKMP SA and cannot say so: the next try makes a new one.
    @Test func silenceMakesAnISAKMPSADoubtful() {
        var pair = Self.established()
        pair.run(for: .seconds(700))
        pair.endpoints[1].associations = AssociationTable()
        pair.run(for: .seconds(290))
        #expect(pair.shareOnePair, "\(pair.reports)")
        #expect(pair.reports[0].count { $0.kind == .childRekeyed } == 1, "\(pair.reports[0])")
        #expect(pair.reports[0].count { $0.kind == .ikeEstablished } == 2)
    }
}
