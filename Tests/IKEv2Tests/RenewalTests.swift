import Algorithms
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("renewals over a long time (RFC 7296 sections 2.8 and 2.18)")
struct RenewalTests {
    private func policies(child: Int, ike: Int, _ renewal: IKERenewal = .rekey) -> Policies {
        var policies = Policies()
        policies.pfsGroup = .ecp256
        policies.childLifetime = .seconds(child)
        policies.changePeer = { peer, _ in
            peer.ikeLifetime = .seconds(ike)
            peer.renewal = renewal
        }
        return policies
    }

    private func expectOnePair(_ pair: TwoEndpoints) {
        for side in [0, 1] {
            let status = pair.endpoints[side].status()
            #expect(status.ikeSAs.filter { $0.state == "established" }.count == 1)
            #expect(status.childSAs.count { $0.isCurrent } == 1)
            #expect(pair.databases[side].reaches(pair.databases[1 - side]))
        }
    }

    @Test("fifty of both kinds in a row, with no instant in which a packet would be lost", arguments: [1, 2])
    func seamless(seed: UInt64) {
        let policies = policies(child: 30, ike: 45)
        var pair = policies.pair(seed: seed)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(1))
        var losses = 0
        pair.run(for: .seconds(50 * 40)) { now in
            if !now.databases[0].reaches(now.databases[1]) || !now.databases[1].reaches(now.databases[0]) {
                losses += 1
            }
        }
        #expect(losses == 0)
        pair.run(for: .seconds(8))
        expectOnePair(pair)
        let renewed = pair.reports[0].count { $0.kind == .childRekeyed }
        let succeeded = pair.reports[0].count { $0.sentence.contains("IKE SA renewed") }
        #expect(renewed >= 50)
        #expect(succeeded >= 40)
        #expect(pair.reports.joined().allSatisfy { $0.kind != .negotiationFailed })
    }

    @Test("loss, duplication and disorder end in one pair of each", arguments: UInt64(0)..<12)
    func unreliable(seed: UInt64) {
        let policies = policies(child: 60, ike: 90)
        var pair = policies.pair(seed: seed)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(1))
        pair.faults = NetworkFaults(loss: 20, duplication: 20, jitter: 60)
        pair.run(for: .seconds(900))
        pair.faults = NetworkFaults()
        pair.run(for: .seconds(200))
        // Whoever lost sight of the other for good begins again, as the supervisor of tunnels has it.
        if pair.endpoints[0].status().childSAs.isEmpty { pair.handle(.initiate(policies.request()), at: .a) }
        pair.run(for: .seconds(8))
        expectOnePair(pair)
    }

    @Test("both SAs of a pair may be used up at once, and have one successor", arguments: [1, 4])
    func twoReasons(window: UInt32) throws {
        let policies = policies(child: 3600, ike: 28800)
        var pair = policies.pair(seed: 6)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(1))
        for id in pair.endpoints[0].associations.keys {
            pair.endpoints[0].associations[id]?.window.setPeerSize(window)
        }
        let child = try #require(pair.endpoints[0].status().childSAs.first)
        pair.handle(.database(.expiring(child.inbound)), at: .a)
        pair.handle(.database(.expiring(child.outbound)), at: .a)
        pair.run(for: .seconds(20))
        expectOnePair(pair)
        #expect(pair.endpoints.map { $0.status().childSAs.count } == [1, 1])
        #expect(pair.reports[0].count { $0.kind == .childRekeyed } == 1)
    }

    @Test("authenticating anew puts a new IKE SA and a new child in place before the old ones go")
    func reauthentication() {
        let policies = policies(child: 3600, ike: 60, .reauthenticate)
        var pair = policies.pair(seed: 3)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(1))
        var losses = 0
        pair.run(for: .seconds(54)) { now in
            if !now.databases[0].reaches(now.databases[1]) { losses += 1 }
        }
        #expect(losses == 0)
        expectOnePair(pair)
        #expect(pair.reports[1].count { $0.kind == .ikeEstablished } == 2)
    }

    @Test("a peer that insists on a key exchange for the child gets one when it is renewed")
    func insistence() {
        var policies = policies(child: 30, ike: 28800)
        policies.pfsGroup = nil
        policies.changeChild = { child, side in
            guard side == .b else { return }
            child.pfsGroup = .ecp256
            child.lifetime = .seconds(3600)
        }
        var pair = policies.pair(seed: 5)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(1))
        var losses = 0
        pair.run(for: .seconds(100)) { now in
            if !now.databases[0].reaches(now.databases[1]) || !now.databases[1].reaches(now.databases[0]) {
                losses += 1
            }
        }
        #expect(losses == 0)
        expectOnePair(pair)
        #expect(pair.reports[0].count { $0.kind == .childRekeyed } >= 3)
        #expect(pair.reports[0].allSatisfy { $0.kind != .negotiationFailed })
    }

    @Test("a peer that can never see to it makes the SA end after a while")
    func temporaryFailures() {
        let policies = policies(child: 3600, ike: 28800)
        var pair = policies.pair(seed: 4)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(1))
        // B takes its SA for superseded, and so refuses whatever would change it.
        for id in pair.endpoints[1].associations.keys {
            pair.endpoints[1].associations[id]?.updateEstablished { $0.standing = .superseded }
        }
        pair.force(.a) { _ in .rekeySelf }
        pair.run(for: .seconds(600))
        #expect(pair.endpoints[0].status().ikeSAs.isEmpty)
        #expect(pair.reports[0].contains { $0.sentence.contains("TEMPORARY_FAILURE") })
    }
}
