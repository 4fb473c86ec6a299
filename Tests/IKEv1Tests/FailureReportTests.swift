import Algorithms
import Credentials
import IPsec
import KeyMaterial
import Negotiation
import TestSupport
import Testing

@testable import IKEv1

/// Failures are told apart in reports, and not on the wire.
@Suite struct FailureReportTests {
    private static func run(_ policies: Policies = Policies(), _ change: (inout TwoEndpoints) -> Void)
        -> TwoEndpoints
    {
        var pair = policies.pair(seed: 1)
        change(&pair)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(100))
        return pair
    }

    /// Who sent how much, with what header.
    private static func shape(_ pair: TwoEndpoints) -> [String] {
        pair.sent.map { from, datagram, _ in
            "\(from) \(datagram.count) next \(datagram[16]) exchange \(datagram[18]) flags \(datagram[19])"
        }
    }

    private static func failures(_ pair: TwoEndpoints, _ side: NetworkSide) -> [String] {
        pair.reports[side.rawValue].filter { $0.kind == .negotiationFailed }.map(\.sentence)
    }

    @Test func wrongKeyAndNoKeyLookTheSame() {
        let wrong = Self.run { $0.secrets[1] = SecretKey(copying: [1, 2, 3]) }
        let none = Self.run { $0.secrets[1] = nil }
        #expect(Self.shape(wrong) == Self.shape(none))
        #expect(Self.failures(wrong, .b).count == 1 && Self.failures(none, .b).count == 1)
        #expect(Self.failures(wrong, .b).first?.contains("the pre-shared keys differ") == true)
        #expect(Self.failures(none, .b).first?.contains("no pre-shared key for") == true)
    }

    @Test(
        "what quick mode does not negotiate is refused in words, and nothing else is installed in its place",
        arguments: [
            (SecurityProtocol.ah, false, "in IKEv1 ESP alone"),
            (.esp, true, "not negotiated in IKEv1"),
        ])
    func policiesBeyondIt(kind: SecurityProtocol, compresses: Bool, words: String) {
        let policies = Policies()
        var request = policies.request()
        request.tunnel = nil
        request.protocol = kind
        request.compression = compresses ? .deflate : nil
        request.needsCompression = compresses
        var initiating = policies.pair(seed: 1)
        initiating.handle(.initiate(request), at: .a)
        initiating.run(for: .seconds(10))
        #expect(Self.failures(initiating, .a).contains { $0.contains(words) })
        #expect(initiating.databases.allSatisfy { $0.associations.isEmpty })

        var responder = policies.policy(.b)
        let tunnel = responder.tunnels.removeFirst()
        var responding = TwoEndpoints(policies.policy(.a), responder, seed: 2)
        let protection = PolicyTemplate(protocol: kind, mode: .transport)
        responding.foundPolicy = SecurityPolicy(
            selector: Selector(
                source: tunnel.local?.prefix ?? .any(.ipv4),
                destination: tunnel.remote?.prefix ?? .any(.ipv4),
                upperProtocol: 0, sourcePort: 0, destinationPort: 0),
            direction: .outbound,
            action: .protect(
                (compresses ? [PolicyTemplate(protocol: .ipcomp, mode: .transport)] : []) + [protection]))
        responding.handle(.initiate(policies.request()), at: .a)
        responding.run(for: .seconds(10))
        #expect(Self.failures(responding, .b).contains { $0.contains(words) })
        #expect(responding.databases.allSatisfy { $0.associations.isEmpty })
    }

    /// B answers message 5 under its own keys, which A cannot read: the best guess is told while A waits on.
    @Test func theKeyIsDoubtedOnceAndInTime() {
        let policies = Policies()
        var pair = policies.pair(seed: 1)
        pair.secrets[1] = SecretKey(copying: [1, 2, 3])
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(1))
        let doubts = pair.reports[0].filter { $0.sentence.contains("pre-shared keys probably differ") }
        #expect(doubts.map(\.kind) == [.progress] && doubts.map(\.level) == [.warning])
        #expect(doubts.first?.subject.tunnel == "hq")
        #expect(pair.endpoints[0].status().ikeSAs.count == 1, "anybody can have sent it")
        for (from, datagram, path) in pair.sent where from == .b {
            pair.handle(.datagram(datagram, Path(local: path.remote, remote: path.local)), at: .a)
        }
        pair.run(for: .seconds(100))
        #expect(pair.reports[0].count { $0.level == .warning } == 1)
        #expect(Self.failures(pair, .a).first?.contains("pre-shared keys probably differ") == true)
    }

    /// B has a block, but for somebody else.
    private static func runUnknown(
        _ policies: Policies = Policies(), _ change: (inout NegotiationPolicy) -> Void = { _ in }
    ) -> TwoEndpoints {
        var policy = policies.policy(.b)
        policy.peers[0].match = .address(NetworkSide.natted, port: nil)
        change(&policy)
        var pair = TwoEndpoints(policies.policy(.a), policy, seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(100))
        return pair
    }

    @Test(arguments: [NATTraversal.on, .off], [16, 32])
    func wrongKeyAndUnknownAddressLookTheSame(natTraversal: NATTraversal, nonceSize: Int) {
        var policies = Policies()
        policies.natTraversal = natTraversal
        policies.changePeer = { $0.nonceSize = nonceSize }
        let wrong = Self.run(policies) { $0.secrets[1] = SecretKey(copying: [1, 2, 3]) }
        let unknown = Self.runUnknown(policies)
        #expect(Self.shape(wrong) == Self.shape(unknown))
        // Up to message 5 and the refusal.
        #expect(unknown.sent.prefix(6).map(\.from) == [.a, .b, .a, .b, .a, .b])
        let told = Self.failures(unknown, .b)
        #expect(told.count == 1, "\(told)")
        #expect(told.first?.contains("unknown peer 192.0.2.1: no remote block") == true, "\(told)")
        #expect(told.first?.contains("remote 192.0.2.1 { exchange_mode main;") == true, "\(told)")
        #expect(unknown.endpoints.allSatisfy { $0.status() == EndpointStatus() })
    }

    @Test func theRightKeyLetsNoStrangerIn() {
        let pair = Self.runUnknown()
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        #expect(!pair.reports.joined().contains { $0.kind == .ikeEstablished })
    }

    @Test(arguments: [KeyExchangeMethod.modp1024, .modp8192])
    func strangerWithoutASensibleOfferIsRefused(group: KeyExchangeMethod) {
        var policies = Policies()
        policies.group = group
        let pair = Self.runUnknown(policies)
        #expect(pair.reports[0].contains { $0.sentence.contains("NO-PROPOSAL-CHOSEN") }, "\(pair.reports)")
        #expect(Self.failures(pair, .b).first?.contains("unknown peer 192.0.2.1") == true)
        #expect(pair.endpoints[1].status() == EndpointStatus())
    }

    @Test func silentToAllWhereNobodyMayComeIn() {
        let pair = Self.runUnknown { $0.peers = [] }
        #expect(!pair.sent.contains { $0.from == .b })
        #expect(Self.failures(pair, .b).first?.contains("unknown peer 192.0.2.1") == true)
    }

    @Test func strangersLeaveRoomForThoseWhoAreKnown() {
        let policies = Policies()
        var policy = policies.policy(.b)
        policy.peers[0].match = .address(NetworkSide.addressA, port: nil)
        policy.limits = FloodLimits(halfOpen: 20, halfOpenPerAddress: 20)
        var pair = TwoEndpoints(policies.policy(.a), policy, seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        guard let (_, first, path) = pair.sent.first else {
            Issue.record("nothing was sent")
            return
        }
        let stranger = Path(local: path.remote, remote: Endpoint(NetworkSide.natted, port: 500))
        for number in UInt8(1)...40 {
            pair.handle(.datagram([number] + first.dropFirst(), stranger), at: .b)
        }
        #expect(pair.endpoints[1].status().ikeSAs.count == 10)
        pair.run(for: .seconds(5))
        #expect(pair.reachesBothWays, "\(pair.reports)")
    }

    @Test func selectorMismatchAndNoProposalLookTheSame() {
        var other = Policies()
        other.childEncryption = CipherChoice(.tripleDES, keyBits: 192)
        let policies = Policies()
        var proposal = TwoEndpoints(policies.policy(.a), other.policy(.b), seed: 1)
        proposal.handle(.initiate(policies.request()), at: .a)
        proposal.run(for: .seconds(60))
        var elsewhere = policies.policy(.b)
        elsewhere.tunnels = []
        var selector = TwoEndpoints(policies.policy(.a), elsewhere, seed: 1)
        selector.handle(.initiate(policies.request()), at: .a)
        selector.run(for: .seconds(60))
        #expect(Self.shape(proposal) == Self.shape(selector))
        #expect(Self.failures(proposal, .b).first?.contains("no phase 2 proposal chosen") == true)
        #expect(Self.failures(selector, .b).first?.contains("which no tunnel or policy does") == true)
    }

    @Test func refusedByTheDatabase() {
        let pair = Self.run {
            $0.databases[1].failure = DatabaseFailure(.alreadyExists, "there is one already")
        }
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        #expect(Self.failures(pair, .b).first?.contains("there is one already") == true, "\(pair.reports)")
        #expect(Self.failures(pair, .a).first?.contains("NO-PROPOSAL-CHOSEN") == true, "\(pair.reports)")
        #expect(pair.endpoints.allSatisfy { $0.turn.usedSPIs.isEmpty })
    }

    @Test func refusedByTheInitiatorsDatabase() {
        let pair = Self.run {
            $0.databases[0].failure = DatabaseFailure(.alreadyExists, "there is one already")
        }
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        #expect(Self.failures(pair, .a).first?.contains("there is one already") == true, "\(pair.reports)")
        #expect(pair.endpoints.allSatisfy { $0.turn.usedSPIs.isEmpty })
    }

    @Test func cancelledIsNotBlamedOnThePeer() {
        let policies = Policies()
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(5))
        var request = policies.request()
        request.local = TrafficSelector(IPPrefix(host: NetworkSide.addressA))
        request.tunnel = "other"
        pair.faults.loss = 100
        pair.handle(.initiate(request), at: .a)
        pair.handle(.shutDown, at: .a)
        #expect(Self.failures(pair, .a) == ["given up: shutting down"])
        #expect(!pair.reports[0].contains { $0.sentence.contains("the peer deleted") })
    }

    @Test func expiryIsTold() {
        var policies = Policies()
        policies.lifetime = .seconds(1000)
        policies.changePeer = { $0.rekey = .off }
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(500))
        let sent = pair.sent.count
        pair.run(for: .seconds(600))
        #expect(pair.endpoints.allSatisfy { $0.status().ikeSAs.isEmpty })
        #expect(pair.sent.count > sent, "the end of phase 1 is told to the peer")
        #expect(pair.reachesBothWays)
    }
}
