import Algorithms
import Credentials
import IPsec
import ISAKMP
import KeyMaterial
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("IKE_SA_INIT and IKE_AUTH between two machines (RFC 7296 section 1.2)")
struct HandshakeTests {
    private static func suite(
        _ cipher: CipherChoice, _ integrity: IntegrityAlgorithm?, _ prf: PseudorandomFunction,
        _ group: KeyExchangeMethod
    ) -> SuiteProposal {
        SuiteProposal(
            encryption: [cipher], integrity: integrity.map { [$0] } ?? [], prfs: [prf], keyExchange: [group])
    }

    /// Runs until nothing is left to do for a while, and expects one child on both sides that reaches the other.
    private func expectUp(_ pair: inout TwoEndpoints, for time: Duration = .seconds(2)) {
        pair.run(for: time)
        for side in [NetworkSide.a, .b] {
            let status = pair.endpoints[side.rawValue].status()
            #expect(status.ikeSAs.map(\.state) == ["established"])
            #expect(status.childSAs.count { $0.isCurrent } == 1)
            #expect(pair.databases[side.rawValue].reaches(pair.databases[side.other.rawValue]))
        }
    }

    @Test(
        "each kind of protection, PRF and group",
        arguments: [
            suite(CipherChoice(.aesGCM16, keyBits: 128), nil, .hmacSHA256, .curve25519),
            suite(CipherChoice(.aesGCM8, keyBits: 256), nil, .hmacSHA512, .ecp384),
            suite(CipherChoice(.aesCCM16, keyBits: 128), nil, .hmacSHA384, .ecp521),
            suite(CipherChoice(.chaCha20Poly1305), nil, .hmacSHA256, .curve448),
            suite(CipherChoice(.aesCBC, keyBits: 256), .hmacSHA512, .hmacSHA512, .modp2048),
            suite(CipherChoice(.aesCBC, keyBits: 128), .aesXCBC, .aesXCBC, .ecp256),
            suite(CipherChoice(.aesCTR, keyBits: 192), .aesCMAC, .aesCMAC, .ecp256),
            suite(CipherChoice(.camelliaCBC, keyBits: 256), .hmacSHA384, .hmacSHA384, .ecp256),
            suite(CipherChoice(.tripleDES), .hmacSHA1, .hmacSHA1, .modp1024),
        ])
    func suites(suite: SuiteProposal) {
        var policies = Policies()
        policies.suites = [suite]
        var pair = policies.pair(seed: 1)
        pair.handle(.initiate(policies.request()), at: .a)
        expectUp(&pair)
        #expect(pair.sent.count == 4)
    }

    @Test("ESP of each kind, with and without a key exchange of its own in store")
    func children() {
        for cipher in Catalogue.encryption where cipher.ikev2 != nil && cipher.isInSoftware {
            var policies = Policies()
            policies.childEncryption = [CipherChoice(cipher)]
            policies.pfsGroup = .ecp256
            var pair = policies.pair(seed: 2)
            pair.handle(.initiate(policies.request()), at: .a)
            expectUp(&pair)
        }
    }

    @Test("transport mode, and a NAT before the initiator")
    func modes() {
        var policies = Policies()
        policies.mode = .transport
        var pair = policies.pair(seed: 3)
        pair.handle(.initiate(policies.request()), at: .a)
        expectUp(&pair)
        for database in pair.databases {
            #expect(database.associations.values.allSatisfy { $0.encapsulation == nil })
        }
        var tunnel = Policies().pair(seed: 4, faults: NetworkFaults(translates: true))
        tunnel.handle(.initiate(Policies().request()), at: .a)
        expectUp(&tunnel)
        #expect(tunnel.sent.dropFirst(2).allSatisfy { $0.2.local.port == 4500 })
        let outbound = tunnel.databases[1].associations.values.first { $0.direction == .outbound }
        #expect(outbound?.id.destination == NetworkSide.natted)
        #expect(outbound?.encapsulation == UDPEncapsulation(sourcePort: 4500, destinationPort: 14500))
    }

    @Test("transport mode with a NAT between: each side has the addresses that its packets have")
    func transportBehindNAT() {
        var policies = Policies()
        policies.mode = .transport
        policies.childLifetime = .seconds(30)
        var pair = policies.pair(seed: 15, faults: NetworkFaults(translates: true))
        pair.handle(.initiate(policies.request()), at: .a)
        expectUp(&pair)
        // Either side has renewed it by then.
        pair.run(for: .seconds(100))
        expectUp(&pair)
        let hosts = [NetworkSide.addressA, NetworkSide.addressB, NetworkSide.natted].map {
            TrafficSelector(IPPrefix(host: $0))
        }
        for (side, expected) in [[hosts[0], hosts[1]], [hosts[1], hosts[2]]].enumerated() {
            let child = pair.endpoints[side].status().childSAs.first { $0.isCurrent }
            #expect(child.map { [$0.local, $0.remote] } == expected)
        }
        #expect(pair.reports[0].contains { $0.kind == .childRekeyed })
        #expect(pair.reports.joined().allSatisfy { $0.kind != .negotiationFailed })
    }

    @Test("a tunnel is for what a peer behind a NAT says itself, though it would take transport mode")
    func tunnelInsteadOfTransport() throws {
        var policies = Policies()
        let inside = TrafficSelector(IPPrefix(host: NetworkSide.addressA))
        policies.changeTunnel = { tunnel, side in
            if side == .a {
                tunnel.mode = .transport
                (tunnel.local, tunnel.remote) = (inside, Policies.net(0x0a02_0000))
            } else {
                tunnel.remote = inside
            }
        }
        var pair = policies.pair(seed: 16, faults: NetworkFaults(translates: true))
        var request = policies.request()
        request.mode = .transport
        pair.handle(.initiate(request), at: .a)
        pair.run(for: .seconds(2))
        // The initiator wants nothing but transport mode, and hears what it could have instead.
        #expect(pair.reports[1].contains { $0.kind == .childEstablished })
        #expect(pair.reports[0].contains { $0.sentence.contains("the peer wants tunnel mode") })
    }

    @Test("the tunnel of the packet that waits is agreed to, whatever else the peer's networks overlap")
    func firstChoice() throws {
        var policies = Policies()
        let wide = TrafficSelector(.any(.ipv4))
        let packets = [0x0a01_0105, 0x0a02_0105].map {
            TrafficSelector(IPPrefix(host: IPAddress(family: .ipv4, value: $0)), upperProtocol: 6, port: 80)
        }
        var responder = policies.policy(.b)
        var other = responder.tunnels[0]
        other.name = "other"
        other.requestID = 8
        (other.local, other.remote) = (Policies.net(0x0a02_0100), Policies.net(0x0a01_0100))
        responder.tunnels.append(other)
        policies.changeTunnel = { tunnel, _ in (tunnel.local, tunnel.remote) = (wide, wide) }
        var pair = TwoEndpoints(policies.policy(.a), responder, seed: 17)
        var request = policies.request()
        request.setLocals([packets[0], wide])
        request.setRemotes([packets[1], wide])
        pair.handle(.initiate(request), at: .a)
        expectUp(&pair)
        #expect(pair.endpoints[1].status().childSAs.first?.tunnel == "other")
        // Where it is named as well, the packet still decides.
        let first = Policies.net(0x0a01_0000)
        var named = TwoEndpoints(policies.policy(.a), responder, seed: 18)
        request.setLocals([packets[0], first, wide])
        request.setRemotes([packets[1], Policies.net(0x0a02_0000), wide])
        named.handle(.initiate(request), at: .a)
        expectUp(&named)
        #expect(named.endpoints[1].status().childSAs.first?.tunnel == "other")
    }

    @Test("another group than the first is asked for and used")
    func otherGroup() {
        var policies = Policies()
        policies.suites[0].keyExchange = [.ecp384, .ecp256]
        policies.changePeer = { peer, side in
            if side == .b { peer.suites[0].keyExchange = [.ecp256] }
        }
        var pair = policies.pair(seed: 5)
        pair.handle(.initiate(policies.request()), at: .a)
        expectUp(&pair)
        #expect(pair.sent.count == 6)
        #expect(pair.endpoints[0].status().ikeSAs.first?.keyExchange == "ecp256")
    }

    @Test("cookies are asked for where many are half open, also together with another group")
    func cookies() {
        var policies = Policies()
        policies.limits.halfOpen = 0
        policies.suites[0].keyExchange = [.ecp384, .ecp256]
        policies.changePeer = { peer, side in
            if side == .b { peer.suites[0].keyExchange = [.ecp256] }
        }
        policies.limits = FloodLimits(halfOpen: 1)
        var pair = policies.pair(seed: 6)
        pair.handle(.initiate(policies.request()), at: .a)
        expectUp(&pair)
        #expect(pair.sent.count == 8)
    }

    @Test("the wrong key ends it on both sides, and the initiator hears AUTHENTICATION_FAILED")
    func wrongKey() {
        var pair = Policies().pair(seed: 7)
        pair.secrets[1] = SecretKey(copying: Array("another".utf8))
        pair.handle(.initiate(Policies().request()), at: .a)
        pair.run(for: .seconds(2))
        #expect(pair.endpoints.allSatisfy { $0.status().ikeSAs.isEmpty })
        #expect(pair.databases.allSatisfy { $0.associations.isEmpty })
        let told = "AUTHENTICATION_FAILED (24): we are address 192.0.2.1, proven by a pre-shared key; "
        #expect(pair.reports[0].contains { $0.sentence.contains(told) })
        #expect(pair.reports[1].contains { $0.sentence.contains("the pre-shared keys differ") })
        #expect(pair.endpoints.allSatisfy { $0.nextDeadline == nil })
    }

    @Test("a refusal that is lost on the way is heard when the initiator asks again")
    func lostRefusal() {
        var pair = Policies().pair(seed: 19)
        pair.secrets[1] = SecretKey(copying: Array("another".utf8))
        let prompt = [Duration.milliseconds(5)]
        // IKE_SA_INIT and IKE_AUTH arrive, and what answers IKE_AUTH does not.
        pair.fates = [prompt, prompt, prompt, []]
        pair.handle(.initiate(Policies().request()), at: .a)
        pair.run(for: .seconds(60))
        #expect(pair.endpoints.allSatisfy { $0.status().ikeSAs.isEmpty })
        let failures = pair.reports[0].filter { $0.kind == .negotiationFailed }
        #expect(failures.contains { $0.sentence.contains("AUTHENTICATION_FAILED (24)") })
    }

    @Test("a missing key looks the same to the initiator")
    func missingKey() {
        var pair = Policies().pair(seed: 8)
        pair.secrets[1] = nil
        pair.handle(.initiate(Policies().request()), at: .a)
        pair.run(for: .seconds(2))
        #expect(pair.reports[0].contains { $0.sentence.contains("AUTHENTICATION_FAILED (24)") })
        #expect(pair.reports[1].contains { $0.sentence.contains("no pre-shared key for") })
    }

    @Test("an identity that is not expected is refused, and named on the side that refuses")
    func wrongIdentity() {
        var policies = Policies()
        policies.changePeer = { peer, side in
            if side == .a { peer.localIdentity = .fqdn("east") }
            if side == .b {
                peer.verifiesIdentity = true
                peer.remoteIdentities = [.fqdn("west")]
            }
        }
        var pair = policies.pair(seed: 9)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        #expect(pair.endpoints.allSatisfy { $0.status().ikeSAs.isEmpty })
        #expect(
            pair.reports[1].contains {
                $0.sentence.contains(#"the peer is fqdn "east", but swiftike.conf:10 expects fqdn "west""#)
            })
    }

    @Test(
        "of several blocks, the one is followed that is whom the initiator wants", arguments: ["one", "two"])
    func wantedIdentity(name: String) {
        var policies = Policies()
        policies.changePeer = { peer, side in
            guard side == .a else { return }
            peer.verifiesIdentity = true
            peer.remoteIdentities = [.fqdn(name)]
        }
        var responder = policies.policy(.b)
        responder.peers = ["one", "two"].map { name in
            var peer = responder.peers[0]
            peer.name = name
            peer.localIdentity = .fqdn(name)
            return peer
        }
        responder.tunnels[0].peer = name
        var pair = TwoEndpoints(policies.policy(.a), responder, seed: 20)
        pair.handle(.initiate(policies.request()), at: .a)
        expectUp(&pair)
        #expect(pair.endpoints[1].status().ikeSAs.map(\.peer) == [name])
    }

    @Test(
        "no proposal in common: the responder shows the difference, the initiator hears of it and goes on trying"
    )
    func noProposal() {
        var policies = Policies()
        policies.changePeer = { peer, side in
            if side == .b { peer.suites[0].prfs = [.hmacSHA512] }
        }
        var pair = policies.pair(seed: 10)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(60))
        #expect(pair.endpoints.allSatisfy { $0.status().ikeSAs.isEmpty })
        #expect(pair.reports[0].contains { $0.sentence.contains("NO_PROPOSAL_CHOSEN (14)") })
        #expect(pair.reports[1].contains { report in report.details.contains { $0.contains("<- differs") } })
    }

    @Test("networks that do not fit: the IKE SA stays, and both sides say which")
    func selectors() {
        var policies = Policies()
        policies.changeTunnel = { tunnel, side in
            if side == .b { tunnel.local = Policies.net(0x0a63_0000) }
        }
        var pair = policies.pair(seed: 11)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        #expect(pair.endpoints.allSatisfy { $0.status().ikeSAs.map(\.state) == ["established"] })
        #expect(pair.endpoints.allSatisfy { $0.status().childSAs.isEmpty })
        #expect(pair.reports[0].contains { $0.sentence.contains("TS_UNACCEPTABLE (38)") })
        #expect(
            pair.reports[1].contains {
                $0.details.contains { $0.contains("tunnel \"hq\" protects 10.99.0.0/24") }
            })
    }

    @Test("a wider wish is narrowed to what both sides protect")
    func narrowing() {
        var policies = Policies()
        policies.changeTunnel = { tunnel, side in
            if side == .a {
                tunnel.remote = TrafficSelector(
                    IPPrefix(IPAddress(family: .ipv4, value: 0x0a00_0000), length: 8)
                        ?? IPPrefix(host: NetworkSide.addressA))
            }
        }
        var pair = policies.pair(seed: 12)
        pair.handle(.initiate(policies.request()), at: .a)
        expectUp(&pair)
        #expect(pair.endpoints[0].status().childSAs.first?.remote == Policies.net(0x0a02_0000))
    }

    @Test("large messages go in fragments where both sides read them")
    func fragments() {
        var policies = Policies()
        policies.changePeer = { peer, side in
            peer.fragmentSize = 512
            if side == .a { peer.localIdentity = .keyID(Array(repeating: 7, count: 1500)) }
        }
        var pair = policies.pair(seed: 13)
        pair.handle(.initiate(policies.request()), at: .a)
        expectUp(&pair)
        #expect(pair.sent.filter { $0.from == .a }.allSatisfy { $0.1.count <= 512 })
        #expect(pair.sent.count > 5)
        policies.changePeer = { peer, side in
            peer.fragmentSize = side == .a ? 512 : nil
            if side == .a { peer.localIdentity = .keyID(Array(repeating: 7, count: 1500)) }
        }
        var whole = policies.pair(seed: 14)
        whole.handle(.initiate(policies.request()), at: .a)
        expectUp(&whole)
        #expect(whole.sent.count == 4)
    }

    @Test("loss, duplication and disorder only take time", arguments: UInt64(0)..<40)
    func unreliable(seed: UInt64) {
        let policies = Policies()
        var pair = policies.pair(seed: seed, faults: NetworkFaults(loss: 25, duplication: 25, jitter: 40))
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(28))
        guard pair.endpoints.allSatisfy({ $0.status().childSAs.count == 1 }) else {
            // Six losses in a row, or that many on the responder's way back, may still happen.
            #expect(pair.reports.joined().contains { $0.kind == .negotiationFailed || $0.kind == .progress })
            return
        }
        expectUp(&pair)
    }
}
