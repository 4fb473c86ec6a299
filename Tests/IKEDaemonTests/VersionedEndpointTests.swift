import Credentials
import IPsec
import Negotiation
import Testing

@testable import IKEDaemon

/// Notes what it is told, and answers from a list.
private final class Notes {
    var told: [String] = []
    var effects: [Effect] = []
    var acquaintance = Acquaintance.none
    var deadline: Instant?
}

private struct NotingEndpoint: NegotiatingEndpoint {
    let name: String
    let notes: Notes

    mutating func handle(_ event: Event, now: Instant) -> [Effect] {
        let word =
            switch event {
            case .datagram: "datagram"
            case .initiate(let request): "initiate \(request.tunnel ?? "")"
            default: "\(event)".prefix { $0 != "(" }.description
            }
        notes.told.append("\(name) \(word)")
        defer { notes.effects = [] }
        return notes.effects
    }

    var nextDeadline: Instant? { notes.deadline }
    func status() -> EndpointStatus { EndpointStatus() }
    func keys() -> EndpointKeys { EndpointKeys() }
    func acquaintance(for request: ChildRequest) -> Acquaintance { notes.acquaintance }
}

@Suite struct VersionedEndpointTests {
    private let first = Notes()
    private let second = Notes()
    private let now = Samples.moment(0).instant

    private func endpoint(_ modes: [ExchangeMode]) -> VersionedEndpoint {
        let notes = second
        return VersionedEndpoint(
            policy: Self.policy(modes), ikev1: NotingEndpoint(name: "v1", notes: first)
        ) { _ in NotingEndpoint(name: "v2", notes: notes) }
    }

    private static func policy(_ modes: [ExchangeMode]) -> NegotiationPolicy {
        var peer = PeerPolicy(
            name: "gateway", match: .address(Samples.remote, port: nil), proposals: [], origin: "t.conf:1")
        peer.exchangeModes = modes
        return NegotiationPolicy(peers: [peer])
    }

    private static func request(_ tunnel: String = "hq") throws -> ChildRequest {
        ChildRequest(
            tunnel: tunnel, peer: "gateway", path: Samples.path, local: try Samples.prefix("10.1.0.0/24"),
            remote: try Samples.prefix("10.2.0.0/24"), mode: .tunnel, requestID: 1)
    }

    private static func datagram(version: UInt8) -> Event {
        .datagram(
            [UInt8](repeating: 0, count: 17) + [version << 4] + [UInt8](repeating: 0, count: 10), Samples.path
        )
    }

    private static func failed(_ cause: NegotiationFailure.DeclineCause) -> Effect {
        let failure = NegotiationFailure.peerDeclined(cause)
        return .report(
            Report(
                .error, .negotiationFailed, ReportSubject(tunnel: "hq", peer: "gateway", path: Samples.path),
                failure.sentence, failure: failure))
    }

    private static func sentences(_ effects: [Effect]) -> [String] {
        effects.compactMap { effect in
            if case .report(let report) = effect { "\(report.kind) \(report.sentence)" } else { nil }
        }
    }

    @Test func withoutIKEv2EverythingIsForIKEv1() throws {
        var endpoint = endpoint([.main])
        for version: UInt8 in [0, 1, 2, 3, 15] {
            _ = endpoint.handle(Self.datagram(version: version), now: now)
        }
        _ = endpoint.handle(.initiate(try Self.request()), now: now)
        _ = endpoint.handle(.deadline, now: now)
        #expect(first.told.count == 7)
        #expect(second.told.isEmpty)
    }

    @Test func datagramsGoByTheirMajorVersion() {
        var endpoint = endpoint([.ikev2])
        for version: UInt8 in [1, 2, 3, 15] { _ = endpoint.handle(Self.datagram(version: version), now: now) }
        _ = endpoint.handle(.datagram([1, 2, 3], Samples.path), now: now)
        #expect(first.told == ["v1 datagram", "v1 datagram"])
        #expect(second.told == ["v2 datagram", "v2 datagram", "v2 datagram"])
    }

    @Test func whatRefusesInTheOldFormatIsForBoth() {
        var endpoint = endpoint([.ikev2])
        guard case .datagram(var datagram, let path) = Self.datagram(version: 1) else { return }
        datagram[18] = 5
        _ = endpoint.handle(.datagram(datagram, path), now: now)
        #expect(first.told == ["v1 datagram"])
        #expect(second.told == ["v2 datagram"])
    }

    @Test func answersGoToWhoeverAsked() {
        var endpoint = endpoint([.ikev2])
        _ = endpoint.handle(.installed(EffectToken(7), .success(())), now: now)
        _ = endpoint.handle(.policyFound(EffectToken(EffectToken.Half.upper.rawValue + 7), nil), now: now)
        #expect(first.told == ["v1 installed"])
        #expect(second.told == ["v2 policyFound"])
    }

    @Test func aDeadlineIsForThoseWhoseItIs() {
        var endpoint = endpoint([.ikev2])
        second.deadline = now
        #expect(endpoint.nextDeadline == now)
        _ = endpoint.handle(.deadline, now: now)
        #expect(first.told.isEmpty)
        #expect(second.told == ["v2 deadline"])
    }

    @Test func anUnansweredFirstMessageLeadsToTheOtherVersion() throws {
        var endpoint = endpoint([.ikev2, .main])
        _ = endpoint.handle(.initiate(try Self.request("a")), now: now)
        _ = endpoint.handle(.initiate(try Self.request("b")), now: now)
        let cause = NegotiationFailure.DeclineCause.unreached(awaiting: "IKE_SA_INIT", tries: 3, hint: nil)
        second.effects = [Self.failed(cause), Self.failed(cause)]
        second.deadline = now
        let effects = endpoint.handle(.deadline, now: now)
        #expect(first.told == ["v1 initiate a", "v1 initiate b"])
        #expect(
            Self.sentences(effects) == [
                "progress nothing came of IKEv2: the peer did not answer (awaiting IKE_SA_INIT, sent 3 times); is it "
                    + "running, and does a firewall pass UDP 500 and 4500?; trying IKEv1, which exchange_mode names next"
            ])
        // What the second one says is final.
        first.effects = [Self.failed(cause)]
        first.deadline = now
        second.deadline = nil
        #expect(endpoint.handle(.deadline, now: now).count == 1)
        #expect(second.told == ["v2 initiate a", "v2 initiate b", "v2 deadline"])
    }

    @Test(arguments: [
        NegotiationFailure.DeclineCause.silent(awaiting: "IKE_AUTH", tries: 3, hint: nil),
        .notified("NO_PROPOSAL_CHOSEN", number: 14), .deleted,
    ])
    func anythingElseDoesNot(cause: NegotiationFailure.DeclineCause) throws {
        var endpoint = endpoint([.ikev2, .main])
        _ = endpoint.handle(.initiate(try Self.request()), now: now)
        second.effects = [Self.failed(cause)]
        second.deadline = now
        #expect(
            Self.sentences(endpoint.handle(.deadline, now: now)).first?.hasPrefix("negotiationFailed") == true
        )
        #expect(first.told.isEmpty)
    }

    @Test func whatWasTakenDownIsNotTriedAgain() throws {
        var endpoint = endpoint([.ikev2, .main])
        _ = endpoint.handle(.initiate(try Self.request()), now: now)
        _ = endpoint.handle(.terminate(tunnel: "hq"), now: now)
        second.effects = [Self.failed(.unreached(awaiting: "IKE_SA_INIT", tries: 3, hint: nil))]
        second.deadline = now
        _ = endpoint.handle(.deadline, now: now)
        #expect(first.told == ["v1 terminate"])
    }

    @Test func anSAThatThePeerMadeDecidesTheVersion() throws {
        var endpoint = endpoint([.ikev2, .main])
        first.acquaintance = .established
        _ = endpoint.handle(.initiate(try Self.request()), now: now)
        #expect(first.told == ["v1 initiate hq"])
        #expect(second.told.isEmpty)
    }

    @Test func theSecondVersionComesWithTheConfigurationThatWantsIt() throws {
        var endpoint = endpoint([.main])
        _ = endpoint.handle(.reconfigured(Self.policy([.ikev2])), now: now)
        _ = endpoint.handle(.initiate(try Self.request()), now: now)
        #expect(second.told == ["v2 reconfigured", "v2 initiate hq"])
    }
}
