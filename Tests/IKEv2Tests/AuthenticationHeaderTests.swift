import Algorithms
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("Child SAs of AH (RFC 7296 sections 1.3.1 and 2.17)")
struct AuthenticationHeaderTests {
    private static func policies() -> Policies {
        var policies = Policies()
        policies.changeTunnel = { tunnel, _ in tunnel.protocol = .ah }
        policies.changeChild = { child, _ in
            child.integrity = [.hmacSHA512, .hmacSHA256]
            child.sequenceNumbers = [.extended, .short]
        }
        policies.childLifetime = .seconds(60)
        return policies
    }

    private static func request(_ policies: Policies) throws -> ChildRequest {
        try #require(policies.policy(.a).tunnels.first).request(on: policies.request().path)
    }

    @Test("a pair has integrity and nothing else, and is renewed and deleted as what it is")
    func pair() throws {
        let policies = Self.policies()
        var pair = policies.pair(seed: 80)
        pair.handle(.initiate(try Self.request(policies)), at: .a)
        pair.run(for: .seconds(200))
        #expect(pair.databases[0].reaches(pair.databases[1]))
        #expect(pair.databases[1].reaches(pair.databases[0]))
        #expect(pair.reports[0].count { $0.kind == .childRekeyed } >= 2)
        for association in pair.databases.flatMap(\.associations.values) {
            #expect(association.id.protocol == .ah)
            #expect(association.transform.integrity == .hmacSHA512)
            #expect(association.transform.encryption.algorithm == .null)
            #expect(association.usesExtendedSequenceNumbers)
        }
        pair.handle(.terminate(tunnel: "hq"), at: .b)
        pair.run(for: .seconds(10))
        #expect(pair.databases.map(\.associations.count) == [0, 0])
    }

    @Test("one side wants ESP: no proposal is chosen, and both say so")
    func mismatch() throws {
        let policies = Self.policies()
        var pair = TwoEndpoints(policies.policy(.a), Policies().policy(.b), seed: 81)
        pair.handle(.initiate(try Self.request(policies)), at: .a)
        pair.run(for: .seconds(5))
        for reports in pair.reports {
            #expect(reports.compactMap(\.failure?.code).contains("NO_PROPOSAL_CHOSEN"))
        }
    }

    @Test("a NAT between is an obstacle that is named")
    func translated() throws {
        let policies = Self.policies()
        var pair = policies.pair(seed: 82)
        pair.faults = NetworkFaults(translates: true)
        pair.handle(.initiate(try Self.request(policies)), at: .a)
        pair.run(for: .seconds(5))
        #expect(pair.reports[0].contains { $0.sentence.contains("AH cannot pass the NAT") })
        #expect(pair.databases.map(\.associations.count) == [0, 0])
    }
}
