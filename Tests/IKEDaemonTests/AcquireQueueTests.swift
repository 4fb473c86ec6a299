import IPsec
import Negotiation
import Testing

@testable import IKEDaemon

struct AcquireQueueTests {
    private let now = Samples.moment(0).instant

    private func acquire(_ sequence: UInt32 = 1, level: PolicyTemplate.Level = .require) -> Acquire {
        var policy = TunnelPolicies.protecting(
            Samples.tunnel(), local: Samples.local, remote: Samples.remote)[0]
        policy.action = .protect([
            PolicyTemplate(
                protocol: .esp, mode: .tunnel, tunnelSource: Samples.local, tunnelDestination: Samples.remote,
                level: level)
        ])
        return Acquire(
            sequence: sequence, packet: policy.selector, policy: policy, local: Samples.local,
            remote: Samples.remote)
    }

    private let known = NegotiationPolicy(peers: [
        PeerPolicy(name: "anyone", match: .anonymous, proposals: []),
        PeerPolicy(name: "gateway", match: .address(Samples.remote, port: 501), proposals: []),
    ])

    @Test func matchesATunnelByItsRequestID() {
        var queue = AcquireQueue()
        let outcome = queue.admit(
            acquire(level: .unique(requestID: 1)), policy: known,
            tunnel: { $0 == 1 ? Samples.tunnel() : nil }, now: now)
        #expect(outcome == .tunnel(Samples.tunnel(), sequence: 1))
    }

    @Test func findsThePeerByItsAddressAndTakesThePolicysSelectors() throws {
        var queue = AcquireQueue()
        guard
            case .request(let request) = queue.admit(
                acquire(5), policy: known, tunnel: { _ in nil }, now: now)
        else {
            Issue.record("a request was expected")
            return
        }
        #expect(request.peer == "gateway")
        #expect(request.path.remote.port == 501)
        #expect(request.local == (try Samples.prefix("10.1.0.0/24")))
        #expect(request.remote == (try Samples.prefix("10.2.0.0/24")))
        #expect(request.acquireSequence == 5)
        #expect(request.mode == .tunnel)
    }

    @Test func asksOnceForEachPolicy() {
        var queue = AcquireQueue()
        _ = queue.admit(acquire(1), policy: known, tunnel: { _ in nil }, now: now)
        #expect(queue.admit(acquire(2), policy: known, tunnel: { _ in nil }, now: now) == .coalesced)
        queue.settled(with: Samples.remote)
        #expect(queue.admit(acquire(3), policy: known, tunnel: { _ in nil }, now: now) != .coalesced)
        let later = Samples.moment(11).instant
        #expect(queue.admit(acquire(4), policy: known, tunnel: { _ in nil }, now: later) != .coalesced)
    }

    @Test func saysWhyNobodyCanHelp() {
        var queue = AcquireQueue()
        guard
            case .refused(let reason) = queue.admit(
                acquire(), policy: NegotiationPolicy(), tunnel: { _ in nil }, now: now)
        else {
            Issue.record("a refusal was expected")
            return
        }
        #expect(reason.contains("remote 192.0.2.2"))
    }
}

struct ReloadPlanTests {
    @Test func tunnelsKeepTheirRequestIDs() {
        let old = NegotiationPolicy(tunnels: [
            Samples.tunnel("a", requestID: 1), Samples.tunnel("b", requestID: 2),
        ])
        let new = NegotiationPolicy(tunnels: [
            Samples.tunnel("new", requestID: 1), Samples.tunnel("b", requestID: 2),
            Samples.tunnel("a", requestID: 3),
        ])
        let plan = ReloadPlan(from: old, to: new)
        #expect(plan.policy.tunnels.map(\.requestID) == [3, 2, 1])
        #expect(plan.added == ["new"])
        #expect(plan.unchanged == ["b", "a"])
        #expect(plan.removed.isEmpty && plan.changed.isEmpty)
    }

    @Test func tellsWhatChanges() {
        let old = NegotiationPolicy(tunnels: [Samples.tunnel("a"), Samples.tunnel("b", requestID: 2)])
        var changed = Samples.tunnel("a")
        changed.peer = "other"
        let plan = ReloadPlan(from: old, to: NegotiationPolicy(tunnels: [changed]))
        #expect(plan.changed == ["a"])
        #expect(plan.removed == ["b"])
        #expect(plan.verdict == ["tunnels removed: b", "tunnels negotiated anew: a"])
    }
}
