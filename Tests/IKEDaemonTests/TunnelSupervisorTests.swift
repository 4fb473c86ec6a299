import ControlProtocol
import IPsec
import Negotiation
import TestSupport
import Testing

@testable import IKEDaemon

struct TunnelSupervisorTests {
    private func supervisor(_ tunnels: Tunnel...) -> (TunnelSupervisor, [TunnelSupervisor.Action]) {
        var supervisor = TunnelSupervisor(random: FixedRandom(seed: 1))
        let actions = supervisor.configure(tunnels, timers: TimerPolicy(), at: Samples.moment(0))
        return (supervisor, actions)
    }

    @Test func startsOnlyWhatIsToBeUp() {
        let (supervisor, actions) = supervisor(
            Samples.tunnel("a", .up), Samples.tunnel("b", .onDemand, requestID: 2),
            Samples.tunnel("c", .listen, requestID: 3))
        #expect(actions == [.initiate(Samples.tunnel("a", .up), acquireSequence: 0)])
        let records = supervisor.records(at: Samples.moment(0).instant)
        #expect(records.map(\.state) == [.connecting, .onDemand, .listening])
        #expect(records.map(\.name) == ["a", "b", "c"])
        #expect(records.allSatisfy { !$0.reason.isEmpty })
    }

    @Test func tellsSinceWhenAndWhy() {
        var (supervisor, _) = supervisor(Samples.tunnel())
        _ = supervisor.noted(Samples.report(.childEstablished), liveChildren: 1, at: Samples.moment(3))
        _ = supervisor.noted(Samples.report(.childRekeyed), liveChildren: 2, at: Samples.moment(9))
        let record = supervisor.record(of: "hq", at: Samples.moment(10).instant)
        #expect(record?.state == .up)
        #expect(record?.since == Samples.moment(3).wall)
        #expect(record?.reason == "established with 192.0.2.2")
    }

    @Test func keepsWhatIsKnownOfAFailureUntilItIsUp() {
        var (supervisor, _) = supervisor(Samples.tunnel())
        let failure = NegotiationFailure.peerDeclined(
            .notified("NO_PROPOSAL_CHOSEN", number: 14, asked: ["we offer a", "we offer b"]))
        let report = Samples.report(
            .negotiationFailed, failure.sentence, details: failure.details, failure: failure)
        _ = supervisor.noted(report, liveChildren: 0, at: Samples.moment(1))
        #expect(
            supervisor.record(of: "hq", at: Samples.moment(2).instant)?.details == [
                "we offer a", "we offer b", "\"swiftikectl explain NO_PROPOSAL_CHOSEN\" says more",
            ])
        _ = supervisor.noted(Samples.report(.childEstablished), liveChildren: 1, at: Samples.moment(3))
        #expect(supervisor.record(of: "hq", at: Samples.moment(4).instant)?.details == [])
    }

    @Test func anAttemptMayGoThroughTwoVersions() {
        var supervisor = TunnelSupervisor(random: FixedRandom(seed: 1))
        _ = supervisor.configure(
            [Samples.tunnel()], timers: TimerPolicy(), versions: 2, at: Samples.moment(0))
        #expect(supervisor.nextDeadline == Samples.moment(95).instant)
    }

    @Test func backsOffWithinItsBounds() throws {
        var (supervisor, _) = supervisor(Samples.tunnel())
        var now: Int64 = 0
        var waits: [Int64] = []
        for _ in 0..<10 {
            _ = supervisor.noted(Samples.report(.negotiationFailed), liveChildren: 0, at: Samples.moment(now))
            let next = try #require(supervisor.nextDeadline)
            waits.append((next - Samples.moment(now).instant).components.seconds)
            now += waits[waits.count - 1] + 1
            let actions = supervisor.due(at: Samples.moment(now))
            #expect(actions == [.initiate(Samples.tunnel(), acquireSequence: 0)])
        }
        #expect((3...6).contains(waits[0]))
        #expect(waits[1] > waits[0] && waits[3] > waits[1])
        #expect(waits.allSatisfy { $0 <= 375 })
        #expect(waits[9] >= 224)
    }

    @Test func takesSilenceForFailure() {
        var (supervisor, _) = supervisor(Samples.tunnel())
        #expect(supervisor.due(at: Samples.moment(64)) == [])
        _ = supervisor.due(at: Samples.moment(65))
        #expect(supervisor.record(of: "hq", at: Samples.moment(65).instant)?.state == .down)
    }

    @Test func comesBackAtOnceAfterALongLifeAndBacksOffAfterAShortOne() throws {
        for (life, waits) in [(Int64(100), 0...1), (5, 3...6)] as [(Int64, ClosedRange<Int64>)] {
            var (supervisor, _) = supervisor(Samples.tunnel())
            _ = supervisor.noted(Samples.report(.childEstablished), liveChildren: 1, at: Samples.moment(0))
            _ = supervisor.noted(Samples.report(.childGone), liveChildren: 0, at: Samples.moment(life))
            let next = try #require(supervisor.nextDeadline)
            #expect(waits.contains((next - Samples.moment(life).instant).components.seconds))
            #expect(supervisor.record(of: "hq", at: next)?.state == .down)
        }
    }

    @Test func staysUpWhileAChildLives() {
        var (supervisor, _) = supervisor(Samples.tunnel())
        _ = supervisor.noted(Samples.report(.childEstablished), liveChildren: 1, at: Samples.moment(0))
        _ = supervisor.noted(Samples.report(.childGone), liveChildren: 1, at: Samples.moment(50))
        _ = supervisor.noted(Samples.report(.negotiationFailed), liveChildren: 0, at: Samples.moment(51))
        #expect(supervisor.record(of: "hq", at: Samples.moment(51).instant)?.state == .up)
    }

    @Test func aPeersFailureIsThatOfItsTunnels() {
        var (supervisor, _) = supervisor(Samples.tunnel("a"), Samples.tunnel("b", requestID: 2))
        let actions = supervisor.noted(
            Samples.report(.negotiationFailed, tunnel: nil, "wrong key"), liveChildren: 0,
            at: Samples.moment(1))
        #expect(actions.contains(.failed(tunnel: "a", reason: "wrong key")))
        #expect(actions.contains(.failed(tunnel: "b", reason: "wrong key")))
    }

    @Test func aWarningIsTheReasonWhileItConnects() {
        let doubt = "the pre-shared keys probably differ"
        for tunnel in ["hq", nil] {
            var (supervisor, _) = supervisor(Samples.tunnel())
            let step = Samples.report(.progress, tunnel: tunnel, doubt)
            #expect(supervisor.noted(step, liveChildren: 0, at: Samples.moment(1)) == [])
            let reason = { supervisor.record(of: "hq", at: Samples.moment(2).instant)?.reason }
            #expect(reason() == "negotiating with 192.0.2.2", "what is no warning explains nothing")
            let warning = Samples.report(.progress, level: .warning, tunnel: tunnel, doubt)
            #expect(supervisor.noted(warning, liveChildren: 0, at: Samples.moment(1)) == [])
            #expect(reason() == "negotiating with 192.0.2.2; \(doubt)")
            #expect(supervisor.record(of: "hq", at: Samples.moment(2).instant)?.state == .connecting)
        }
    }

    @Test func aWarningIsNoReasonOnceItIsUp() {
        var (supervisor, _) = supervisor(Samples.tunnel())
        _ = supervisor.noted(Samples.report(.childEstablished), liveChildren: 1, at: Samples.moment(1))
        let report = Samples.report(.progress, level: .warning, "the keys probably differ")
        _ = supervisor.noted(report, liveChildren: 1, at: Samples.moment(2))
        #expect(
            supervisor.record(of: "hq", at: Samples.moment(2).instant)?.reason
                == "established with 192.0.2.2")
    }

    @Test func staysDownByCommand() throws {
        var (supervisor, _) = supervisor(Samples.tunnel())
        let down = try supervisor.down("hq", at: Samples.moment(1))
        #expect(down.contains(.terminate(tunnel: "hq")))
        #expect(supervisor.nextDeadline == nil)
        #expect(
            supervisor.acquired("hq", sequence: 1, at: Samples.moment(2)).allSatisfy {
                if case .announce = $0 { true } else { false }
            })
        let back = supervisor.noted(Samples.report(.childEstablished), liveChildren: 1, at: Samples.moment(3))
        #expect(back == [.terminate(tunnel: "hq")])
        #expect(supervisor.record(of: "hq", at: Samples.moment(3).instant)?.state == .down)
        _ = supervisor.configure([Samples.tunnel()], timers: TimerPolicy(), at: Samples.moment(4))
        #expect(supervisor.isHeldDown("hq"))
        let up = try supervisor.up("hq", persistently: false, at: Samples.moment(5))
        #expect(up == [.initiate(Samples.tunnel(), acquireSequence: 0)])
    }

    @Test func anAcquireStartsWhatWaits() {
        var (supervisor, _) = supervisor(Samples.tunnel("hq", .onDemand))
        let first = supervisor.acquired("hq", sequence: 7, at: Samples.moment(1))
        #expect(first == [.initiate(Samples.tunnel("hq", .onDemand), acquireSequence: 7)])
        #expect(supervisor.acquired("hq", sequence: 8, at: Samples.moment(2)) == [])
        _ = supervisor.noted(
            Samples.report(.negotiationFailed, "no answer"), liveChildren: 0, at: Samples.moment(3))
        let record = supervisor.record(of: "hq", at: Samples.moment(3).instant)
        #expect(record?.state == .onDemand)
        #expect(record?.reason == "waits for the first packet; last: no answer")
        #expect(supervisor.nextDeadline == nil)
    }

    @Test func refusesUnknownTunnelsByNameAndSaysWhichThereAre() {
        var (supervisor, _) = supervisor(Samples.tunnel())
        #expect(throws: ControlFailure.self) { try supervisor.down("nope", at: Samples.moment(0)) }
        do {
            _ = try supervisor.up("nope", persistently: false, at: Samples.moment(0))
            Issue.record("it is not known")
        } catch {
            #expect(error.kind == .unknownTunnel)
            #expect(error.message.contains("hq"))
        }
    }

    @Test func aReloadTouchesOnlyWhatChanged() {
        var (supervisor, _) = supervisor(Samples.tunnel("a"), Samples.tunnel("b", requestID: 2))
        _ = supervisor.noted(
            Samples.report(.childEstablished, tunnel: "a"), liveChildren: 1, at: Samples.moment(1))
        _ = supervisor.noted(
            Samples.report(.childEstablished, tunnel: "b"), liveChildren: 1, at: Samples.moment(1))
        var changed = Samples.tunnel("b", requestID: 2)
        changed.mode = .transport
        let actions = supervisor.configure(
            [Samples.tunnel("a"), changed, Samples.tunnel("c", requestID: 3)], timers: TimerPolicy(),
            at: Samples.moment(2))
        #expect(
            actions == [
                .terminate(tunnel: "b"), .initiate(changed, acquireSequence: 0),
                .initiate(Samples.tunnel("c", requestID: 3), acquireSequence: 0),
            ])
        #expect(supervisor.record(of: "a", at: Samples.moment(2).instant)?.state == .up)
    }
}
