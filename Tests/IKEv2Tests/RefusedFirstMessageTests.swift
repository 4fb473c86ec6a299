import Algorithms
import IPsec
import ISAKMP
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("first messages that are refused are kept for whoever asks")
struct RefusedFirstMessageTests {
    private static func run(
        _ change: (inout NegotiationPolicy) -> Void = { _ in }, policies: Policies = Policies()
    ) -> TwoEndpoints {
        var responder = policies.policy(.b)
        change(&responder)
        var pair = TwoEndpoints(policies.policy(.a), responder, seed: 400)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(1))
        return pair
    }

    @Test("a peer that no block is for")
    func unknownPeer() {
        let pair = Self.run({ $0.peers = [] })
        let kept = pair.refused[1]
        #expect(kept.first?.sentence.contains("unknown peer") == true)
        #expect(kept.first?.path.remote.address == NetworkSide.addressA)
        #expect(kept.first.map { $0.words($0.octets) }?.first == "IKE_SA_INIT request 0")
    }

    @Test("no proposal that both have, with theirs and ours")
    func noProposal() {
        let pair = Self.run({ $0.peers[0].suites[0].prfs = [.hmacSHA512] })
        #expect(pair.refused[1].first?.sentence.contains("no phase 1 proposal chosen") == true)
        #expect(pair.refused[1].first?.details.isEmpty == false)
    }

    @Test("another group than that of its KE, after which the peer comes again")
    func otherGroup() {
        var policies = Policies()
        policies.changePeer = { peer, side in
            peer.suites[0].keyExchange = side == .a ? [.ecp256, .ecp384] : [.ecp384]
        }
        let pair = Self.run(policies: policies)
        #expect(pair.refused[1].map { $0.sentence.contains("key exchange of another group") } == [true])
        #expect(pair.databases[0].reaches(pair.databases[1]))
    }

    @Test("no more of a flood than is looked at, and how many there were")
    func flood() {
        var pair = TwoEndpoints(Policies().policy(.a), Policies().policy(.b), seed: 401)
        let path = Path(
            local: Endpoint(NetworkSide.addressB, port: 500),
            remote: Endpoint(NetworkSide.addressA, port: 500))
        for _ in 0..<1000 { pair.handle(.datagram([1, 2, 3], path), at: .b) }
        #expect(pair.refused[1].count == 16)
        pair.run(for: .seconds(1))
        pair.handle(.datagram([1, 2, 3], path), at: .b)
        #expect(pair.refused[1].last?.untold == 984)
        #expect(pair.refused[1].count == 17)
        #expect(pair.refused[1].allSatisfy { $0.sentence.contains("cannot be read") })
    }
}
