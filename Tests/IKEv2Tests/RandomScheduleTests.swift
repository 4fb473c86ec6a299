import Algorithms
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("random exchanges of both sides over a bad network")
struct RandomScheduleTests {
    private func pair(_ seed: UInt64) throws -> (TwoEndpoints, Policies) {
        var policies = seed.isMultiple(of: 2) ? Policies() : AddressAssignmentTests.policies()
        let change = policies.changePeer
        policies.changePeer = { peer, side in
            change(&peer, side)
            peer.ikeLifetime = .seconds(100)
            peer.deadPeerDetection.delay = .seconds(20)
            peer.renewal = seed.isMultiple(of: 3) ? .reauthenticate : .rekey
        }
        policies.childLifetime = .seconds(60)
        policies.pfsGroup = seed.isMultiple(of: 5) ? .ecp256 : nil
        guard !seed.isMultiple(of: 2) else { return (policies.pair(seed: seed), policies) }
        return (try AddressAssignmentTests.pair(policies, seed: seed), policies)
    }

    /// Begins something, anything.
    private func act(_ random: inout FixedRandom, _ policies: Policies, _ pair: inout TwoEndpoints) throws {
        let side: NetworkSide = random.next().isMultiple(of: 2) ? .a : .b
        switch random.next() % 8 {
        case 0: pair.handle(.terminate(tunnel: "hq"), at: side)
        case 1: pair.forceDeletion(side)
        case 2: pair.force(side) { _ in .rekeySelf }
        case 3: pair.force(side) { sa in sa.established?.children.keys.first.map { .rekeyChild($0) } }
        case 4: pair.force(side) { _ in .probe }
        default: try initiate(policies, &pair)
        }
    }

    private func initiate(_ policies: Policies, _ pair: inout TwoEndpoints) throws {
        let tunnel = try #require(policies.policy(.a).tunnels.first)
        pair.handle(.initiate(tunnel.request(on: policies.request().path)), at: .a)
    }

    /// What must never be, whatever has been sent, lost or doubled.
    private func flaw(_ pair: TwoEndpoints) -> String? {
        for side in [0, 1] {
            let endpoint = pair.endpoints[side]
            let known = Set(
                endpoint.associations.values.flatMap { sa -> [SecurityAssociationID] in
                    guard let established = sa.established else { return [] }
                    let children =
                        Array(established.children.values) + established.installing.values.map(\.child)
                    var own = children.flatMap { [$0.inbound.id, $0.outbound.id] }
                    if case .installing(_, _, _, let child)? = established.answering {
                        own.append(child.inbound.id)
                    }
                    return own
                })
            for id in pair.databases[side].associations.keys where !known.contains(id) {
                return "side \(side): \(id) belongs to no child"
            }
            guard endpoint.associations.count <= 8 else {
                return "side \(side): \(endpoint.associations.count) IKE SAs with one peer"
            }
            let carriers = endpoint.associations.values.filter { sa in
                sa.established?.children.values.contains { $0.request.bringsPolicies } ?? false
            }
            if pair.policies[side].count > carriers.count {
                return "side \(side): \(pair.policies[side].count) policies for \(carriers.count) IKE SAs"
            }
        }
        return nil
    }

    /// What is left of what is gone; nil where nothing is.
    private func remains(_ pair: TwoEndpoints) -> String? {
        for side in [0, 1] {
            let endpoint = pair.endpoints[side]
            if !endpoint.associations.isEmpty { return "side \(side): an IKE SA" }
            if !pair.databases[side].associations.isEmpty { return "side \(side): an SA" }
            if !endpoint.turn.usedSPIs.isEmpty { return "side \(side): an SPI" }
            if !endpoint.owners.isEmpty { return "side \(side): the owner of an SA" }
            if !endpoint.bySPI.isEmpty || !endpoint.larval.isEmpty { return "side \(side): an index" }
            if !pair.policies[side].isEmpty { return "side \(side): a policy" }
            if !pair.applied[side].isEmpty { return "side \(side): an address in use" }
            if pair.pools[side]?.held ?? 0 > 0 { return "side \(side): an address that is leased" }
        }
        return nil
    }

    @Test(
        "never a state that must not be, one pair once the network is good, and nothing left at the end",
        arguments: UInt64(0)..<60)
    func schedule(seed: UInt64) throws {
        var (pair, policies) = try pair(seed)
        var random = FixedRandom(seed: seed &+ 77)
        var flaws: [String] = []
        let check: (TwoEndpoints) -> Void = { now in
            if flaws.count < 3, let flaw = flaw(now) { flaws.append("\(now.now): \(flaw)") }
        }
        try initiate(policies, &pair)
        for _ in 0..<60 {
            pair.faults = NetworkFaults(
                loss: Int(random.next() % 40), duplication: Int(random.next() % 40),
                jitter: Int(random.next() % 200))
            try act(&random, policies, &pair)
            pair.run(for: .milliseconds(Int(random.next() % 8000)), check)
        }
        pair.faults = NetworkFaults()
        pair.run(for: .seconds(300), check)
        try initiate(policies, &pair)
        pair.run(for: .seconds(30), check)
        #expect(flaws.isEmpty)
        #expect(pair.databases[0].reaches(pair.databases[1]))
        #expect(pair.databases[1].reaches(pair.databases[0]))
        pair.handle(.terminate(tunnel: "hq"), at: .a)
        pair.run(for: .seconds(300), check)
        #expect(remains(pair) == nil)
    }
}
