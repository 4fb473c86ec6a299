import Credentials
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("Addresses that one side gives the other (RFC 7296 section 2.19)")
struct AddressAssignmentTests {
    private static let range = TrafficSelector(
        first: IPAddress(family: .ipv4, value: 0x0a09_0005),
        last: IPAddress(family: .ipv4, value: 0x0a09_0006))
    private static let given = IPAddress(family: .ipv4, value: 0x0a09_0005)

    /// A road warrior as A, which asks for its address, and a gateway as B.
    static func policies() -> Policies {
        var policies = Policies()
        policies.changePeer = { peer, side in peer.requestsConfiguration = side == .a }
        policies.changeTunnel = { tunnel, side in
            tunnel.assigned = side == .a ? .local : .remote
            if side == .a { tunnel.local = nil } else { tunnel.remote = nil }
        }
        return policies
    }

    static func pair(_ policies: Policies, seed: UInt64) throws -> TwoEndpoints {
        let range = try #require(range)
        var gateway = policies.policy(.b)
        gateway.pool = AddressPoolPolicy(
            ranges: [range],
            configuration: AssignedConfiguration(
                nameServers: [IPAddress(family: .ipv4, value: 0x0a02_0035)],
                networks: [IPPrefix(host: IPAddress(family: .ipv4, value: 0x0a02_0001))],
                domains: ["example.org"]))
        var pair = TwoEndpoints(policies.policy(.a), gateway, seed: seed)
        pair.pools[1] = AddressPool(range)
        return pair
    }

    private static func request(_ policies: Policies) throws -> ChildRequest {
        let tunnel = try #require(policies.policy(.a).tunnels.first)
        return tunnel.request(on: policies.request().path)
    }

    @Test("the gateway's answer gives an address, and the child is for that address alone")
    func address() throws {
        let policies = Self.policies()
        var pair = try Self.pair(policies, seed: 70)
        pair.handle(.initiate(try Self.request(policies)), at: .a)
        pair.run(for: .seconds(2))
        let host = TrafficSelector(IPPrefix(host: Self.given))
        #expect(pair.databases[0].reaches(pair.databases[1]))
        #expect(pair.applied[0].map(\.addresses) == [[Self.given]])
        #expect(pair.applied[0].first?.domains == ["example.org"])
        #expect(pair.applied[0].first?.nameServers.count == 1)
        #expect(pair.applied[0].first?.networks.count == 1)
        #expect(pair.policies[0].map(\.local) == [[host]])
        #expect(pair.policies[1].map(\.remote) == [[host]])
        #expect(pair.pools[1]?.held == 1)
    }

    @Test("nothing is given before the peer is authenticated")
    func unauthenticated() throws {
        let policies = Self.policies()
        var pair = try Self.pair(policies, seed: 71)
        pair.secrets[0] = nil
        pair.handle(.initiate(try Self.request(policies)), at: .a)
        pair.run(for: .seconds(2))
        #expect(pair.pools[1]?.held == 0)
        #expect(pair.policies[1].isEmpty)
    }

    @Test("renewals of child and IKE SA, by either side, keep the address; the end gives it back")
    func renewals() throws {
        for renewal in [IKERenewal.rekey, .reauthenticate] {
            var policies = Self.policies()
            policies.childLifetime = .seconds(40)
            let change = policies.changePeer
            policies.changePeer = { peer, side in
                change(&peer, side)
                peer.ikeLifetime = .seconds(100)
                peer.renewal = renewal
            }
            var pair = try Self.pair(policies, seed: 72)
            pair.handle(.initiate(try Self.request(policies)), at: .a)
            pair.run(for: .seconds(300))
            #expect(pair.databases[0].reaches(pair.databases[1]))
            #expect(pair.pools[1]?.held == 1)
            #expect(pair.applied[0].map(\.addresses) == [[Self.given]])
            #expect(pair.policies.map(\.count) == [1, 1])
            pair.handle(.terminate(tunnel: "hq"), at: .a)
            pair.run(for: .seconds(5))
            #expect(pair.pools[1]?.held == 0)
            #expect(pair.applied[0].isEmpty)
            #expect(pair.policies.map(\.count) == [0, 0])
        }
    }

    @Test("a gateway whose addresses are used up says so, and neither side has policies for it")
    func usedUp() throws {
        let policies = Self.policies()
        var pair = try Self.pair(policies, seed: 73)
        pair.pools[1] = nil
        pair.handle(.initiate(try Self.request(policies)), at: .a)
        pair.run(for: .seconds(2))
        #expect(pair.reports[0].compactMap(\.failure?.code).contains("INTERNAL_ADDRESS_FAILURE"))
        #expect(pair.reports[1].compactMap(\.failure?.code).contains("INTERNAL_ADDRESS_FAILURE"))
        #expect(pair.policies.map(\.count) == [0, 0])
    }

    @Test("a peer that asks for no address, where the tunnel needs one, is told so")
    func notAsked() throws {
        var policies = Policies()
        policies.changeTunnel = Self.policies().changeTunnel
        var asking = policies
        asking.changeTunnel = { _, _ in }
        var pair = try Self.pair(policies, seed: 74)
        pair.handle(.initiate(asking.request()), at: .a)
        pair.run(for: .seconds(2))
        #expect(pair.reports[0].compactMap(\.failure?.code).contains("FAILED_CP_REQUIRED"))
        #expect(pair.reports[1].compactMap(\.failure?.code).contains("FAILED_CP_REQUIRED"))
    }

    @Test("a gateway without addresses to give is refused by a tunnel that needs one")
    func notGiven() throws {
        let policies = Self.policies()
        var gateway = Policies()
        gateway.changeTunnel = { tunnel, side in
            if side == .b { tunnel.remote = TrafficSelector(.any(.ipv4)) }
        }
        var pair = TwoEndpoints(policies.policy(.a), gateway.policy(.b), seed: 75)
        pair.handle(.initiate(try Self.request(policies)), at: .a)
        pair.run(for: .seconds(2))
        #expect(
            pair.reports[0].contains { $0.failure == .peerDeclined(.noAddress) })
        #expect(pair.databases[1].associations.isEmpty)
    }

    @Test(
        "generate_policy protects a peer's own address, and networks that an sainfo names, and nothing else")
    func generated() throws {
        for (asked, isFine) in [
            (TrafficSelector(IPPrefix(host: NetworkSide.addressA)), true),
            (Policies.net(0x0a01_0000), true), (Policies.net(0x0a07_0000), false),
        ] {
            var policies = Policies()
            policies.changePeer = { peer, side in peer.generatesPolicies = side == .b }
            var responder = policies.policy(.b)
            responder.tunnels = []
            var named = try #require(responder.children.first)
            named.remote = .selector(Policies.net(0x0a01_0000))
            responder.children.append(named)
            var pair = TwoEndpoints(policies.policy(.a), responder, seed: 76)
            var request = policies.request()
            request.local = asked
            pair.handle(.initiate(request), at: .a)
            pair.run(for: .seconds(2))
            #expect(pair.policies[1].map(\.remote) == (isFine ? [[asked]] : []))
            #expect(pair.databases[0].reaches(pair.databases[1]) == isFine)
            guard isFine else {
                #expect(pair.reports[1].compactMap(\.failure?.code).contains("TS_UNACCEPTABLE"))
                continue
            }
            pair.handle(.terminate(tunnel: "hq"), at: .a)
            pair.run(for: .seconds(5))
            #expect(pair.policies[1].isEmpty)
        }
    }
}
