import Credentials
import IPsec
import Negotiation
import Synchronization
import Testing

@testable import IKEDaemon

@Suite("when a peer's scripts are run") struct PeerScriptsTests {
    /// What was called, as `phase1_up gateway`, and the last environment.
    private final class Calls: Sendable {
        private let calls = Mutex<[PeerScripts.Call]>([])

        var words: [String] { calls.withLock { $0.map { "\($0.script.occasion.rawValue) \($0.peer)" } } }
        var environment: [String] { calls.withLock { $0.last?.environment ?? [] } }

        func note(_ call: PeerScripts.Call) { calls.withLock { $0.append(call) } }
    }

    private let calls = Calls()
    private let scripts: PeerScripts

    init() {
        let calls = calls
        scripts = PeerScripts { calls.note($0) }
        adopt()
    }

    private func adopt(awaiting: Bool = false) {
        var peer = PeerPolicy(name: "gateway", match: .anonymous, proposals: [])
        peer.scripts = ScriptOccasion.allCases.map { PeerScript($0, path: "/etc/hook") }
        peer.requestsConfiguration = awaiting
        scripts.adopt(NegotiationPolicy(peers: [peer], children: [], tunnels: []))
    }

    private func report(
        _ kind: ReportKind, _ spi: UInt64?, _ failure: NegotiationFailure? = nil, identity: String = "west"
    ) {
        let subject = ReportSubject(peer: "gateway", path: Samples.path, ikeSA: spi)
        scripts.noted(
            Report(.info, kind, subject, "words", failure: failure, identity: .fqdn(identity)))
    }

    @Test("up with the first IKE SA, down after the last, and nothing when one takes another's place")
    func renewal() {
        report(.ikeEstablished, 1)
        #expect(calls.words == ["phase1_up gateway"])
        report(.ikeEstablished, 2)
        report(.ikeGone, 1, .cancelled("replaced"))
        #expect(calls.words == ["phase1_up gateway"])
        report(.ikeGone, 2, .peerDeclined(.deleted))
        #expect(calls.words == ["phase1_up gateway", "phase1_down gateway"])
        report(.ikeGone, 2, .peerDeclined(.deleted))
        #expect(calls.words.count == 2)
    }

    @Test("dead where the peer does not answer, with or without an IKE SA")
    func silence() {
        report(
            .negotiationFailed, nil, .peerDeclined(.unreached(awaiting: "IKE_SA_INIT", tries: 5, hint: nil)))
        #expect(calls.words == ["phase1_dead gateway"])
        report(.negotiationFailed, nil, .noCommonChoice(.ike, nil))
        #expect(calls.words == ["phase1_dead gateway"])
        report(.ikeEstablished, 1)
        // A child that comes to nothing is not the end of the peer.
        report(.negotiationFailed, 1, .peerDeclined(.silent(awaiting: "an answer", tries: 5, hint: nil)))
        report(.ikeGone, 1, .peerDeclined(.dead(tries: 5)))
        #expect(calls.words == ["phase1_dead gateway", "phase1_up gateway", "phase1_dead gateway"])
    }

    @Test("two peers behind one address are two")
    func twoBehindOne() {
        report(.ikeEstablished, 1, identity: "anna")
        report(.ikeEstablished, 2, identity: "bert")
        report(.ikeGone, 1, .peerDeclined(.deleted))
        #expect(calls.words == ["phase1_up gateway", "phase1_up gateway", "phase1_down gateway"])
        #expect(calls.environment.contains("REMOTE_ID=anna"))
    }

    @Test("where we ask for addresses, up waits for them; what they are is told in racoon's variables")
    func configuration() throws {
        adopt(awaiting: true)
        report(.ikeEstablished, 1)
        #expect(calls.words.isEmpty)
        let assigned = AssignedConfiguration(
            addresses: [Samples.local, IPAddress(family: .ipv6, value: 7)],
            nameServers: [Samples.remote, Samples.local, IPAddress(family: .ipv6, value: 9)],
            networks: [try #require(IPPrefix("10.2.0.0/16")), try #require(IPPrefix("10.3.0.0/16"))],
            domains: ["example.org", "$(reboot)", "-o.example"])
        scripts.applied(assigned, peer: "gateway", Samples.path)
        #expect(calls.words == ["phase1_up gateway"])
        #expect(
            calls.environment == [
                "LOCAL_ADDR=192.0.2.1", "LOCAL_PORT=500", "REMOTE_ADDR=192.0.2.2", "REMOTE_PORT=500",
                "REMOTE_ID=west", "INTERNAL_ADDR4=192.0.2.1", "INTERNAL_NETMASK4=255.255.255.255",
                "INTERNAL_CIDR4=32", "INTERNAL_DNS4=192.0.2.2", "INTERNAL_DNS4_LIST=192.0.2.2 192.0.2.1",
                "INTERNAL_ADDR6=::7", "INTERNAL_DNS6_LIST=::9", "DEFAULT_DOMAIN=example.org",
                "INTERNAL_SPLITDNS_DOMAINS=example.org ??reboot? ?o.example",
                "SPLIT_INCLUDE_CIDR=10.2.0.0/16 10.3.0.0/16", "SPLIT_INCLUDE6_CIDR=",
            ])
        report(.ikeGone, 1, .peerDeclined(.deleted))
        #expect(calls.environment.contains("INTERNAL_DNS4=192.0.2.2"))
        report(.ikeEstablished, 3)
        #expect(calls.words == ["phase1_up gateway", "phase1_down gateway"])
    }

    @Test("a peer's name is not for a shell")
    func names() {
        report(.ikeEstablished, 1, identity: "-x`id`;a b\n\"$HOME\"'é")
        let name = calls.environment.first { $0.hasPrefix("REMOTE_ID=") } ?? ""
        #expect(!name.isEmpty)
        #expect(name.dropFirst(10).allSatisfy { $0.isLetter || $0.isNumber || "?.-_@:/=,+".contains($0) })
        #expect(!name.hasPrefix("REMOTE_ID=-"))
    }

    @Test("who has no scripts has none run")
    func others() {
        scripts.adopt(NegotiationPolicy(peers: [], children: [], tunnels: []))
        report(.ikeEstablished, 1)
        report(.ikeGone, 1, .peerDeclined(.deleted))
        report(
            .negotiationFailed, nil, .peerDeclined(.unreached(awaiting: "IKE_SA_INIT", tries: 5, hint: nil)))
        #expect(calls.words.isEmpty)
    }
}
