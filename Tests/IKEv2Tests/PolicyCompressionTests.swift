import Algorithms
import IPsec
import TestSupport
import Testing

@testable import IKEv2
@testable import Negotiation

@Suite("compression that policies ask for, and not tunnels")
struct PolicyCompressionTests {
    /// What a policy on a side's outbound packets would be in setkey's language: ipcomp, and then esp/transport.
    private static func policy(
        _ side: NetworkSide, mode: EncapsulationMode, level: PolicyTemplate.Level = .require
    ) -> SecurityPolicy {
        let (own, other) =
            side == .a
            ? (NetworkSide.addressA, NetworkSide.addressB) : (NetworkSide.addressB, NetworkSide.addressA)
        let isTunnel = mode == .tunnel
        let nets = [Policies.net(0x0a01_0000), Policies.net(0x0a02_0000)].compactMap(\.prefix)
        let compression = PolicyTemplate(
            protocol: .ipcomp, mode: mode, tunnelSource: isTunnel ? own : nil,
            tunnelDestination: isTunnel ? other : nil, level: level)
        return SecurityPolicy(
            selector: Selector(
                source: isTunnel ? nets[side.rawValue] : IPPrefix(host: own),
                destination: isTunnel ? nets[side.other.rawValue] : IPPrefix(host: other), upperProtocol: 0,
                sourcePort: 0, destinationPort: 0),
            direction: .outbound,
            action: .protect([compression, PolicyTemplate(protocol: .esp, mode: .transport)]))
    }

    /// What an acquire of that policy asks for.
    private static func request(_ policy: SecurityPolicy) throws -> ChildRequest {
        ChildRequest(
            try PolicyProtection(policy), peer: "peer", path: Policies().request().path,
            local: TrafficSelector(policy.selector.source),
            remote: TrafficSelector(policy.selector.destination), acquireSequence: 5)
    }

    /// - Parameter side: who begins; the other has a tunnel that compresses or not.
    private static func run(
        _ policy: SecurityPolicy, peerCompresses: Bool, mode: EncapsulationMode, seed: UInt64
    ) throws -> TwoEndpoints {
        let policies = CompressionTests.policies(peerCompresses ? [.a, .b] : [], mode: mode)
        var pair = policies.pair(seed: seed)
        pair.handle(.initiate(try request(policy)), at: .a)
        pair.run(for: .seconds(2))
        return pair
    }

    @Test(
        "an acquire of a policy with ipcomp has both negotiated",
        arguments: [EncapsulationMode.tunnel, .transport])
    func acquired(mode: EncapsulationMode) throws {
        let pair = try Self.run(Self.policy(.a, mode: mode), peerCompresses: true, mode: mode, seed: 300)
        for side in [0, 1] {
            let all = pair.databases[side].associations.values
            #expect(all.count { $0.id.protocol == .ipcomp && $0.mode == mode } == 2)
            #expect(all.count { $0.id.protocol == .esp && $0.mode == .transport } == 2)
            #expect(pair.databases[side].reaches(pair.databases[1 - side]))
        }
        // It is there already, and is not ours to make.
        #expect(pair.policies[0].isEmpty)
        let answers = pair.databases[0].associations.values.filter { $0.acquireSequence == 5 }
        #expect(answers.map(\.id.protocol) == [.esp] || answers.count == 2)
    }

    @Test("where a peer does not compress and the policy takes nothing else, there is no child, and words")
    func unsuited() throws {
        let pair = try Self.run(
            Self.policy(.a, mode: .tunnel), peerCompresses: false, mode: .tunnel, seed: 301)
        #expect(pair.databases.map(\.associations.count) == [0, 0])
        #expect(pair.reports[0].contains { $0.failure == .withoutCompression })
    }

    @Test("a policy that can do without takes an SA of ESP alone")
    func optional() throws {
        let policy = Self.policy(.a, mode: .transport, level: .use)
        let pair = try Self.run(policy, peerCompresses: false, mode: .transport, seed: 302)
        #expect(pair.databases[0].associations.values.map(\.id.protocol) == [.esp, .esp])
        #expect(pair.databases[0].reaches(pair.databases[1]))
        #expect(pair.endpoints[0].status().childSAs.map(\.compression) == [.declined])
    }

    @Test("a peer's offer that such a policy covers", arguments: [true, false])
    func covered(compresses: Bool) throws {
        let policies = CompressionTests.policies(compresses ? [.a] : [])
        var responder = policies.policy(.b)
        responder.tunnels = []
        var pair = TwoEndpoints(policies.policy(.a), responder, seed: 303)
        pair.foundPolicy = Self.policy(.b, mode: .tunnel)
        pair.handle(.initiate(try CompressionTests.request(policies)), at: .a)
        pair.run(for: .seconds(2))
        let kinds = pair.databases[1].associations.values.map(\.id.protocol)
        #expect(kinds.count { $0 == .ipcomp } == (compresses ? 2 : 0))
        #expect(kinds.count { $0 == .esp } == (compresses ? 2 : 0))
        #expect(pair.reports[1].contains { $0.failure == .withoutCompression } == !compresses)
        #expect(pair.reports[0].compactMap(\.failure?.code).contains("NO_PROPOSAL_CHOSEN") == !compresses)
        #expect(pair.endpoints[1].turn.compressionIndices.taken.count == (compresses ? 1 : 0))
    }

    @Test("a policy that no negotiation suits refuses the peer's offer in words")
    func unusable() throws {
        let policies = CompressionTests.policies([.a])
        var responder = policies.policy(.b)
        responder.tunnels = []
        var pair = TwoEndpoints(policies.policy(.a), responder, seed: 304)
        var policy = Self.policy(.b, mode: .transport)
        policy.action = .protect(policy.templates.reversed())
        pair.foundPolicy = policy
        pair.handle(.initiate(try CompressionTests.request(policies)), at: .a)
        pair.run(for: .seconds(2))
        #expect(pair.databases.map(\.associations.count) == [0, 0])
        #expect(pair.reports[1].contains { $0.sentence.contains("inside of a tunnel of ESP") })
    }

    @Test(
        "generate_policy compresses where the peer offers it and the sainfo has compression_algorithm",
        arguments: [true, false], [true, false])
    func generated(offered: Bool, allowed: Bool) throws {
        var policies = CompressionTests.policies(offered ? [.a] : [])
        policies.changePeer = { peer, side in peer.generatesPolicies = side == .b }
        policies.changeChild = { child, side in child.compression = side == .b && allowed ? .deflate : nil }
        var responder = policies.policy(.b)
        responder.tunnels = []
        var named = try #require(responder.children.first)
        named.remote = .selector(Policies.net(0x0a01_0000))
        responder.children.append(named)
        var pair = TwoEndpoints(policies.policy(.a), responder, seed: 305)
        pair.handle(.initiate(try CompressionTests.request(policies)), at: .a)
        pair.run(for: .seconds(2))
        let compresses = offered && allowed
        #expect(pair.databases[0].reaches(pair.databases[1]))
        #expect(
            pair.databases[1].associations.values.count { $0.id.protocol == .ipcomp } == (compresses ? 2 : 0))
        #expect(pair.policies[1].map(\.compression) == [compresses ? .deflate : nil])
        guard case .notWanted = try #require(pair.endpoints[1].status().childSAs.first).compression else {
            #expect(compresses)
            return
        }
        #expect(!compresses)
    }
}
