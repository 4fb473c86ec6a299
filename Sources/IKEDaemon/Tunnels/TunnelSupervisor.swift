package import ControlProtocol
package import Cryptography
package import IPsec
package import Negotiation

/// Knows every configured tunnel, why it is up or not, and what is to be done about it.
///
/// Pure: it is told of reports, commands and the time, and answers with what is to be done.
package struct TunnelSupervisor {
    /// What is to be done, in this order.
    package enum Action: Hashable, Sendable {
        /// Negotiate; the number is that of the ACQUIRE this answers, 0 for none.
        case initiate(Tunnel, acquireSequence: UInt32)
        case terminate(tunnel: String)
        /// For those who wait: the tunnel is up.
        case cameUp(tunnel: String)
        /// For those who wait: an attempt failed for this reason.
        case failed(tunnel: String, reason: String)
        /// A line for the log.
        case announce(tunnel: String, ReportLevel, String)
    }

    private var tunnels: [String: SupervisedTunnel] = [:]
    /// In the order of the configuration.
    private var names: [String] = []
    private var random: any RandomSource
    private let schedule: RetrySchedule
    private var attemptLimit: Duration = .seconds(65)

    package init(random: any RandomSource, schedule: RetrySchedule = RetrySchedule()) {
        self.random = random
        self.schedule = schedule
    }

    // MARK: what it knows

    /// How every tunnel fares.
    package func records(at now: Instant) -> [TunnelRecord] {
        names.compactMap { tunnels[$0]?.record(at: now) }
    }

    package func record(of name: String, at now: Instant) -> TunnelRecord? {
        tunnels[name]?.record(at: now)
    }

    package func isHeldDown(_ name: String) -> Bool { tunnels[name]?.isHeldDown ?? false }

    /// The tunnel whose policies carry this request ID.
    package func tunnel(requestID: UInt32) -> Tunnel? {
        guard requestID != 0 else { return nil }
        return tunnels.values.first { $0.tunnel.requestID == requestID }?.tunnel
    }

    /// When `due` has something to do.
    package var nextDeadline: Instant? {
        tunnels.values.lazy.flatMap { [$0.retryAt, $0.attemptEnds] }.compactMap(\.self).min()
    }

    // MARK: configuration

    /// Takes over the tunnels of a configuration.
    ///
    /// Those that are as before are left alone.
    ///
    /// - Parameter versions: IKE versions that one attempt may go through.
    package mutating func configure(
        _ wanted: [Tunnel], timers: TimerPolicy, versions: Int = 1, at moment: Moment
    ) -> [Action] {
        attemptLimit = timers.phase1 * versions + timers.phase2 + .seconds(5)
        let wantedNames = Set(wanted.map(\.name))
        var actions: [Action] = []
        for name in names where !wantedNames.contains(name) {
            actions += [
                .terminate(tunnel: name), .failed(tunnel: name, reason: "the configuration no longer has it"),
            ]
            tunnels[name] = nil
        }
        names = wanted.map(\.name)
        for tunnel in wanted { adopt(tunnel, at: moment, &actions) }
        return actions
    }

    private mutating func adopt(_ tunnel: Tunnel, at moment: Moment, _ actions: inout [Action]) {
        let known = tunnels[tunnel.name]
        if var known, known.tunnel.negotiatesLike(tunnel) {
            let startChanged = known.tunnel.start != tunnel.start
            known.tunnel = tunnel
            if startChanged, known.isIdle, !known.isHeldDown { known = SupervisedTunnel(tunnel, at: moment) }
            tunnels[tunnel.name] = known
            guard startChanged, known.isIdle, known.isKeptUp else { return }
            attempt(tunnel.name, at: moment, &actions)
            return
        }
        if known != nil { actions.append(.terminate(tunnel: tunnel.name)) }
        var fresh = SupervisedTunnel(tunnel, at: moment)
        if known?.isHeldDown == true { Self.hold(&fresh, at: moment) }
        tunnels[tunnel.name] = fresh
        if fresh.isKeptUp { attempt(tunnel.name, at: moment, &actions) }
    }

    // MARK: commands

    /// Begins at once to bring a tunnel up; `persistently` goes on after failures until `giveUp`.
    package mutating func up(
        _ name: String, persistently: Bool, at moment: Moment
    ) throws(ControlFailure) -> [Action] {
        guard var entry = tunnels[name] else { throw unknown(name) }
        guard entry.tunnel.remoteAddress != nil || entry.state == .up else {
            throw ControlFailure(
                .notUp,
                "\(name): the remote block \"\(entry.tunnel.peer)\" names no address, so only the peer can start"
            )
        }
        entry.isHeldDown = false
        entry.failures = 0
        entry.isAwaited = entry.isAwaited || persistently
        tunnels[name] = entry
        if entry.state == .up { return [.cameUp(tunnel: name)] }
        var actions: [Action] = []
        if entry.state != .connecting { attempt(name, at: moment, &actions) }
        return actions
    }

    /// Nobody waits any more.
    package mutating func giveUp(_ name: String, at moment: Moment) {
        guard var entry = tunnels[name] else { return }
        entry.isAwaited = false
        if !entry.isKeptUp, entry.state == .down, !entry.isHeldDown {
            entry.wait(after: entry.reason, at: moment)
        }
        tunnels[name] = entry
    }

    /// Takes a tunnel down, to stay down.
    package mutating func down(_ name: String, at moment: Moment) throws(ControlFailure) -> [Action] {
        guard var entry = tunnels[name] else { throw unknown(name) }
        Self.hold(&entry, at: moment)
        tunnels[name] = entry
        return [
            .terminate(tunnel: name), .failed(tunnel: name, reason: "taken down by command"),
            .announce(tunnel: name, .info, "taken down by command"),
        ]
    }

    private static func hold(_ entry: inout SupervisedTunnel, at moment: Moment) {
        entry.isHeldDown = true
        entry.isAwaited = false
        entry.retryAt = nil
        entry.enter(.down, "taken down by command; \"swiftikectl up\" brings it up again", at: moment)
    }

    private func unknown(_ name: String) -> ControlFailure {
        let known =
            names.isEmpty ? "no tunnels are configured" : "configured are \(names.joined(separator: ", "))"
        return ControlFailure(.unknownTunnel, "there is no tunnel \"\(name)\": \(known)")
    }

    // MARK: events

    /// A packet met a tunnel's policy and found no SA.
    package mutating func acquired(_ name: String, sequence: UInt32, at moment: Moment) -> [Action] {
        guard let entry = tunnels[name] else { return [] }
        if entry.isHeldDown {
            return [
                .announce(tunnel: name, .debug, "a packet asked for it, but it was taken down by command")
            ]
        }
        if entry.state == .connecting { return [] }
        if entry.state == .up { return [.initiate(entry.tunnel, acquireSequence: sequence)] }
        var actions: [Action] = []
        attempt(name, acquireSequence: sequence, at: moment, &actions)
        return actions
    }

    /// Something was reported of a negotiation; `liveChildren` counts the tunnel's child SAs after it.
    package mutating func noted(_ report: Report, liveChildren: Int, at moment: Moment) -> [Action] {
        var actions: [Action] = []
        switch report.kind {
        case .childEstablished, .childRekeyed:
            if let name = report.subject.tunnel { cameUp(name, report, at: moment, &actions) }
        case .childGone:
            if let name = report.subject.tunnel, liveChildren == 0 {
                lost(name, report.sentence, at: moment, &actions)
            }
        case .negotiationFailed:
            let waiting = waiting(for: report)
            for name in concerned(by: report) {
                tunnels[name]?.note(report.record)
                failed(name, report.sentence, at: moment, &actions)
            }
            for name in waiting { remember(report, of: name, at: moment) }
        case .progress:
            if report.level >= .warning { annotate(with: report) }
        case .ikeEstablished, .ikeGone, .dropped: break
        }
        return actions
    }

    /// What is wrong but has not ended an attempt yet is the best answer there is to why it is not up.
    private mutating func annotate(with report: Report) {
        for name in concerned(by: report) {
            guard var entry = tunnels[name], let remote = entry.tunnel.remoteAddress else { continue }
            entry.explain("negotiating with \(remote); \(report.sentence)", report.record)
            tunnels[name] = entry
        }
    }

    /// A peer called in vain: no attempt of ours has failed, but why a tunnel with it is not up is known now.
    private mutating func remember(_ report: Report, of name: String, at moment: Moment) {
        guard var entry = tunnels[name], !entry.isHeldDown, !entry.reason.contains(report.sentence) else {
            return
        }
        let sentence = "negotiating with \(report.subject.path.remote.address): \(report.sentence)"
        if entry.state == .down {
            entry.note([sentence] + report.record)
        } else {
            entry.note(report.record)
            entry.wait(after: sentence, at: moment)
        }
        tunnels[name] = entry
    }

    /// An attempt could not even begin.
    package mutating func couldNotBegin(_ name: String, _ reason: String, at moment: Moment) -> [Action] {
        var actions: [Action] = []
        if tunnels[name]?.state == .connecting { failed(name, reason, at: moment, &actions) }
        return actions
    }

    /// Does what is due: next attempts, and giving up on those of which nothing was heard.
    package mutating func due(at moment: Moment) -> [Action] {
        var actions: [Action] = []
        for name in names {
            guard let entry = tunnels[name] else { continue }
            if let ends = entry.attemptEnds, ends <= moment.instant {
                failed(name, "no end of the negotiation in the time allowed", at: moment, &actions)
            } else if let retry = entry.retryAt, retry <= moment.instant {
                attempt(name, at: moment, &actions)
            }
        }
        return actions
    }

    /// The tunnels that wait and that a caller may have been for.
    ///
    /// A first message that is refused is nobody's yet: it is known by its address alone.
    private func waiting(for report: Report) -> [String] {
        let candidates = report.subject.tunnel.map { [$0] } ?? names
        return candidates.filter { name in
            guard let entry = tunnels[name], entry.isIdle else { return false }
            guard report.subject.tunnel == nil else { return true }
            guard let peer = report.subject.peer else {
                return entry.tunnel.remoteAddress.map { $0 == report.subject.path.remote.address } ?? true
            }
            return entry.tunnel.peer == peer
        }
    }

    /// The tunnels a failure is about: the one named, or all of the peer's that wait for it.
    private func concerned(by report: Report) -> [String] {
        let candidates = report.subject.tunnel.map { [$0] } ?? names
        return candidates.filter { name in
            guard let entry = tunnels[name], entry.state == .connecting else { return false }
            return report.subject.tunnel != nil || entry.tunnel.peer == report.subject.peer
        }
    }

    private mutating func attempt(
        _ name: String, acquireSequence: UInt32 = 0, at moment: Moment, _ actions: inout [Action]
    ) {
        guard var entry = tunnels[name], let remote = entry.tunnel.remoteAddress else { return }
        entry.enter(.connecting, "negotiating with \(remote)", at: moment)
        entry.attemptEnds = moment.instant + attemptLimit
        tunnels[name] = entry
        actions.append(.initiate(entry.tunnel, acquireSequence: acquireSequence))
    }

    private mutating func cameUp(
        _ name: String, _ report: Report, at moment: Moment, _ actions: inout [Action]
    ) {
        guard var entry = tunnels[name] else { return }
        guard !entry.isHeldDown else {
            actions.append(.terminate(tunnel: name))
            return
        }
        entry.enter(.up, "established with \(report.subject.path.remote.address)", at: moment)
        entry.isAwaited = false
        tunnels[name] = entry
        actions.append(.cameUp(tunnel: name))
    }

    private mutating func lost(_ name: String, _ reason: String, at moment: Moment, _ actions: inout [Action])
    {
        guard var entry = tunnels[name], entry.state == .up else { return }
        let lived = entry.upSince.map { moment.instant - $0 } ?? .zero
        if lived < SupervisedTunnel.shortLife {
            failed(name, reason, at: moment, &actions)
            return
        }
        entry.failures = 0
        entry.wait(after: reason, at: moment)
        if entry.isKeptUp {
            entry.retryAt = moment.instant + .milliseconds(Int64(random.uint32() % 1000))
        }
        tunnels[name] = entry
    }

    private mutating func failed(
        _ name: String, _ reason: String, at moment: Moment, _ actions: inout [Action]
    ) {
        guard var entry = tunnels[name], !entry.isHeldDown else { return }
        entry.failures += 1
        if entry.isKeptUp {
            entry.enter(.down, reason, at: moment)
            let wait = schedule.wait(afterFailures: entry.failures, random: &random)
            entry.retryAt = moment.instant + wait
            actions.append(
                .announce(
                    tunnel: name, .info, "down: \(reason); next attempt in \(wait.components.seconds) s"))
        } else {
            entry.wait(after: reason, at: moment)
            actions.append(.announce(tunnel: name, .info, "\(entry.state.words): \(entry.reason)"))
        }
        tunnels[name] = entry
        actions.append(.failed(tunnel: name, reason: reason))
    }
}

extension Tunnel {
    /// Whether the same SAs and policies serve both: everything is equal but how it is started and where it is written.
    func negotiatesLike(_ other: Tunnel) -> Bool {
        var other = other
        other.start = start
        other.origin = origin
        return self == other
    }
}

extension Report {
    /// What is shown below a tunnel that failed: theirs and ours, and where to read more.
    fileprivate var record: [String] {
        details + (failure?.code.map { ["\"swiftikectl explain \($0)\" says more"] } ?? [])
    }
}
