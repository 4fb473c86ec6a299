import Algorithms
import Credentials
import IPsec
import Negotiation
import Testing

/// Which block of the configuration holds for whom.
@Suite struct PolicySelectionTests {
    private static func peer(_ name: String, _ match: PeerMatch) -> PeerPolicy {
        PeerPolicy(name: name, match: match, proposals: [Samples.proposal()])
    }

    private static func names(_ policy: NegotiationPolicy, _ last: UInt8, port: UInt16 = 500) -> [String] {
        policy.blocksForResponding(to: Endpoint(Samples.address(last), port: port), mode: .main)
            .map(\.wrappedValue.name)
    }

    @Test func theMostSpecificBlocks() {
        var aggressive = Self.peer("aggressive", .address(Samples.address(3), port: nil))
        aggressive.exchangeModes = [.aggressive]
        let policy = NegotiationPolicy(peers: [
            Self.peer("any", .anonymous), Self.peer("one", .address(Samples.address(1), port: nil)),
            Self.peer("two", .address(Samples.address(1), port: nil)),
            Self.peer("port", .address(Samples.address(2), port: 1500)),
            Self.peer("bare", .address(Samples.address(2), port: nil)), aggressive,
        ])
        #expect(Self.names(policy, 1) == ["one", "two"])
        #expect(Self.names(policy, 2) == ["port", "bare"])
        #expect(Self.names(policy, 2, port: 1500) == ["port"])
        #expect(Self.names(policy, 3) == [], "a block for the address shuts out the anonymous one")
        #expect(Self.names(policy, 9) == ["any"])
        #expect(policy.peer(named: "two")?.name == "two")
        #expect(policy.peer(named: "none") == nil)
    }

    @Test func followsAChangeOfTheBlocks() {
        var policy = NegotiationPolicy(peers: [Self.peer("any", .anonymous)])
        policy.peers.append(Self.peer("one", .address(Samples.address(1), port: nil)))
        #expect(Self.names(policy, 1) == ["one"])
        policy.peers = []
        #expect(Self.names(policy, 1) == [])
    }

    private static func child(
        _ origin: String, _ local: ChildSideMatch, _ remote: ChildSideMatch, from identity: Identity? = nil,
        remoteID: UInt32 = 0
    ) -> ChildPolicy {
        ChildPolicy(
            local: local, remote: remote, encryption: [Samples.aes128], integrity: [.hmacSHA1],
            peerIdentity: identity, remoteID: remoteID, origin: origin)
    }

    private static func parties(
        _ local: UInt8, _ remote: UInt8, phase1ID: UInt32 = 0, identity: Identity? = nil
    ) -> ChildParties {
        ChildParties(
            local: Samples.host(local), remote: Samples.host(remote), peerAddress: Samples.address(2),
            peerIdentity: identity, phase1ID: phase1ID)
    }

    @Test func theWeightiestChildPolicy() {
        let known = Identity.address(Samples.address(2))
        let policy = NegotiationPolicy(children: [
            Self.child("anonymous", .anonymous, .anonymous),
            Self.child("local", .selector(Samples.host(1)), .anonymous),
            Self.child("both", .selector(Samples.host(1)), .selector(Samples.host(7))),
            Self.child("client", .selector(Samples.host(5)), .clientAddress),
            Self.child("from", .anonymous, .anonymous, from: known),
            Self.child("remote id", .anonymous, .selector(Samples.host(7)), remoteID: 4),
        ])
        #expect(policy.children.map(\.weight) == [0, 1, 2, 2, 3, 4])
        #expect(policy.child(for: Self.parties(8, 9))?.origin == "anonymous")
        #expect(policy.child(for: Self.parties(1, 9))?.origin == "local")
        #expect(policy.child(for: Self.parties(1, 7))?.origin == "both")
        #expect(policy.child(for: Self.parties(5, 2))?.origin == "client")
        #expect(policy.child(for: Self.parties(5, 3))?.origin == "anonymous")
        #expect(policy.child(for: Self.parties(1, 7, identity: known))?.origin == "from")
        #expect(policy.child(for: Self.parties(1, 7, phase1ID: 4, identity: known))?.origin == "remote id")
        #expect(NegotiationPolicy().child(for: Self.parties(1, 2)) == nil)
    }

    @Test func theFirstOfEqualWeight() {
        let policy = NegotiationPolicy(children: [
            Self.child("first", .anonymous, .anonymous), Self.child("second", .anonymous, .anonymous),
        ])
        #expect(policy.child(for: Self.parties(1, 2))?.origin == "first")
    }

    @Test func tunnelsWithoutSelectorsMeanTheHosts() {
        let tunnel = Tunnel(
            name: "hosts", peer: "one", remoteAddress: nil, local: nil, remote: nil, mode: .transport,
            start: .listen, requestID: 1)
        let policy = NegotiationPolicy(tunnels: [tunnel])
        let path = Path(
            local: Endpoint(Samples.address(1), port: 500), remote: Endpoint(Samples.address(2), port: 500))
        func find(_ peer: String, _ local: UInt8, _ remote: UInt8) -> String? {
            policy.tunnel(of: peer, local: Samples.host(local), remote: Samples.host(remote), path: path)?
                .name
        }
        #expect(find("one", 1, 2) == "hosts")
        #expect(find("one", 2, 1) == nil)
        #expect(find("other", 1, 2) == nil)
    }
}
