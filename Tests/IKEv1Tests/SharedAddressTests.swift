import Credentials
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEv1

/// Several peers behind one address, as behind a NAT or on one host: each is somebody of its own.
@Suite struct SharedAddressTests {
    private static let names = ["one", "two"]

    /// A is two peers, by their identities; B answers both.
    private static func pair() -> TwoEndpoints {
        var policies = Policies()
        policies.changePeer = { $0.deadPeerDetection.delay = .seconds(10) }
        var (a, b) = (policies.policy(.a), policies.policy(.b))
        let (peer, tunnels) = (a.peers[0], [a.tunnels[0], b.tunnels[0]])
        a.peers = names.map { name in
            var own = peer
            own.name = name
            own.localIdentity = .fqdn("\(name).example")
            return own
        }
        b.tunnels = names.indices.map { index in
            var tunnel = tunnels[1]
            tunnel.name = names[index]
            tunnel.remote = Self.net(index)
            tunnel.requestID = UInt32(index + 1)
            return tunnel
        }
        var pair = TwoEndpoints(a, b, seed: 1)
        for index in names.indices {
            var request = policies.request()
            request.tunnel = names[index]
            request.peer = names[index]
            request.local = Self.net(index)
            pair.handle(.initiate(request), at: .a)
            pair.run(for: .seconds(5))
        }
        return pair
    }

    private static func net(_ index: Int) -> TrafficSelector {
        TrafficSelector(IPPrefix(host: IPAddress(family: .ipv4, value: 0x0a01_0001 + UInt128(index))))
    }

    @Test func oneDoesNotReplaceAnother() {
        let pair = Self.pair()
        #expect(pair.endpoints.allSatisfy { $0.associations.count == 2 && $0.children.count == 2 })
        let identities = pair.endpoints[1].associations.values.compactMap(\.provenIdentity)
        #expect(Set(identities) == [.fqdn("one.example"), .fqdn("two.example")])
    }

    /// The peer that lost everything is found dead, and the other one is not.
    @Test func oneDiesAlone() throws {
        var pair = Self.pair()
        let lost = try #require(pair.endpoints[0].associations.values.first { $0.peer.name == "one" })
        pair.endpoints[0].associations[lost.id] = nil
        pair.run(for: .seconds(120))
        let left = Array(pair.endpoints[1].children.all)
        #expect(left.map(\.peerIdentity) == [.fqdn("two.example")], "\(pair.reports[1])")
        #expect(pair.endpoints[1].associations.values.map(\.provenIdentity) == [.fqdn("two.example")])
    }
}
