import ControlProtocol
import IPsec
import NIOCore
import Negotiation
import Synchronization

/// The daemon's own thoughts: tunnels, policies, acquires.
///
/// Confined to one event loop that no shard uses.
final class DaemonCore {
    let environment: DaemonEnvironment
    let loop: any EventLoop
    private(set) var settings: DaemonSettings
    private(set) var supervisor: TunnelSupervisor
    private var acquires = AcquireQueue() {
        didSet { questions.isEmpty = acquires.isEmpty }
    }
    private let questions: OpenQuestions
    private let policies: PolicyInstaller
    private let held: HeldRequestIDs
    private let secretsFile: SecretsFileName
    private let credentials: CredentialSupervision
    private let leases: LeaseKeeper
    private let scripts: PeerScripts
    private var shards: ShardSet?
    private var waiters: [UpWaiter] = []
    private var alarm: (at: Instant, task: Scheduled<Void>)?
    /// Calls `tick` on the loop; set by the owner, which knows how to reach this object.
    var wake: @Sendable () -> Void = {}

    init(
        settings: DaemonSettings, environment: DaemonEnvironment, loop: any EventLoop, held: HeldRequestIDs,
        questions: OpenQuestions, secretsFile: SecretsFileName, credentials: CredentialSupervision,
        inner: InnerNetwork
    ) {
        self.settings = settings
        self.environment = environment
        self.loop = loop
        self.held = held
        self.questions = questions
        self.secretsFile = secretsFile
        self.credentials = credentials
        leases = inner.leases
        scripts = inner.scripts
        supervisor = TunnelSupervisor(random: environment.random())
        policies = PolicyInstaller(
            over: inner.policies, dataPlane: environment.dataPlane, log: environment.log, loop: loop)
    }

    // MARK: start

    /// Puts the policies in place, before anything can be negotiated; fails where we may not.
    func installPolicies() -> EventLoopFuture<Void> {
        let answers =
            settings.policy.tunnels.map { place($0) } + [
                policies.install(included: settings.includedPolicies)
            ]
        return EventLoopFuture.whenAllComplete(answers, on: loop).flatMapThrowing { results in
            for case .failure(let error) in results {
                if let failure = error as? DatabaseFailure, failure.kind == .notPermitted { throw failure }
            }
        }
    }

    func begin(shards: ShardSet) {
        self.shards = shards
        let policy = settings.policy
        perform(
            supervisor.configure(
                policy.tunnels, timers: policy.timers, versions: policy.mostVersions, at: environment.moment))
    }

    // MARK: events

    func noted(_ report: Report, liveChildren: Int) {
        // At the end everything goes, and nothing is to be done about it.
        guard shards != nil else { return }
        switch report.kind {
        case .childEstablished, .negotiationFailed, .childGone:
            acquires.settled(with: report.subject.path.remote.address)
        case .progress, .ikeEstablished, .ikeGone, .childRekeyed, .dropped: break
        }
        if report.kind == .childEstablished { followAnonymousPeer(report.subject) }
        perform(supervisor.noted(report, liveChildren: liveChildren, at: environment.moment))
        if report.kind == .childGone, liveChildren == 0 { forgetAnonymousPeer(report.subject) }
    }

    func notified(_ notification: DatabaseNotification) {
        switch notification {
        case .acquire(let acquire): acquired(acquire)
        case .expiring, .expired, .mappingChanged: shards?.post(notification)
        case .eventsLost:
            environment.log.warning("the data plane lost notifications; every SA is looked at again")
            shards?.post(notification)
        }
    }

    func tick() {
        alarm = nil
        let moment = environment.moment
        perform(supervisor.due(at: moment))
        for waiter in waiters where waiter.deadline.map({ $0 <= moment.instant }) ?? false {
            expire(waiter, moment)
        }
        setAlarm()
    }

    private func acquired(_ acquire: Acquire) {
        let outcome = acquires.admit(
            acquire, policy: settings.policy, tunnel: { supervisor.tunnel(requestID: $0) },
            now: environment.now())
        switch outcome {
        case .tunnel(let tunnel, let sequence):
            environment.log.debug("a packet \(acquire.packet) asks for it", about: tunnel.name)
            perform(supervisor.acquired(tunnel.name, sequence: sequence, at: environment.moment))
        case .request(let request):
            environment.log.debug("a packet \(acquire.packet) asks for an SA with \(acquire.remote)")
            shards?.post(.initiate(request), toShardOf: acquire.remote)
        case .coalesced: break
        case .refused(let reason): environment.log.warning(reason)
        }
    }

    // MARK: actions

    private func perform(_ actions: [TunnelSupervisor.Action]) {
        for action in actions { perform(action) }
        setAlarm()
    }

    private func perform(_ action: TunnelSupervisor.Action) {
        switch action {
        case .initiate(let tunnel, let sequence): initiate(tunnel, sequence)
        case .terminate(let name): shards?.postToAll(.terminate(tunnel: name))
        case .cameUp(let name): answer(name, .done(["\(name) is up"]))
        case .failed(let name, let reason): attemptFailed(name, reason)
        case .announce(let name, let level, let text): environment.log.write(level, text, about: name)
        }
    }

    private func initiate(_ tunnel: Tunnel, _ sequence: UInt32) {
        guard let remote = tunnel.remoteAddress else { return }
        switch environment.localAddress(remote) {
        case .failure(let failure):
            perform(supervisor.couldNotBegin(tunnel.name, failure.explanation, at: environment.moment))
        case .success(let local):
            place(tunnel, local: local, remote: remote)
            let port = settings.policy.peers.first { $0.name == tunnel.peer }?.port ?? IKESockets.ikePort
            let path = Path(
                local: Endpoint(local, port: IKESockets.ikePort), remote: Endpoint(remote, port: port))
            let request = tunnel.request(on: path, acquireSequence: sequence)
            shards?.post(.initiate(request), toShardOf: remote)
        }
    }

    private func setAlarm() {
        let next = ([supervisor.nextDeadline] + waiters.map(\.deadline)).compactMap(\.self).min()
        guard next != alarm?.at else { return }
        alarm?.task.cancel()
        alarm = nil
        guard let next else { return }
        let wake = wake
        let delay = max(0, (next - environment.now()).wholeNanoseconds)
        alarm = (next, loop.scheduleTask(in: .nanoseconds(delay)) { wake() })
    }

    // MARK: policies

    /// Puts a tunnel's policies in place: protecting ones where both ends are known, else blocking ones.
    @discardableResult
    private func place(_ tunnel: Tunnel) -> EventLoopFuture<Void> {
        guard let remote = tunnel.remoteAddress, case .success(let local) = environment.localAddress(remote)
        else {
            return policies.install(TunnelPolicies.blocking(tunnel), of: tunnel.name)
        }
        return place(tunnel, local: local, remote: remote)
    }

    @discardableResult
    private func place(_ tunnel: Tunnel, local: IPAddress, remote: IPAddress) -> EventLoopFuture<Void> {
        policies.install(TunnelPolicies.protecting(tunnel, local: local, remote: remote), of: tunnel.name)
    }

    /// A peer that has no address in the configuration has one now.
    private func followAnonymousPeer(_ subject: ReportSubject) {
        guard let tunnel = anonymousTunnel(subject) else { return }
        place(tunnel, local: subject.path.local.address, remote: subject.path.remote.address)
    }

    private func forgetAnonymousPeer(_ subject: ReportSubject) {
        guard let tunnel = anonymousTunnel(subject) else { return }
        policies.install(TunnelPolicies.blocking(tunnel), of: tunnel.name)
    }

    private func anonymousTunnel(_ subject: ReportSubject) -> Tunnel? {
        settings.policy.tunnels.first { $0.name == subject.tunnel && $0.remoteAddress == nil }
    }

    /// Tells the shards which tunnels there are: those held down are none of theirs.
    private func publishPolicy() {
        var policy = settings.policy
        policy.tunnels = policy.tunnels.filter { !supervisor.isHeldDown($0.name) }
        held.replace(
            with: Set(settings.policy.tunnels.filter { supervisor.isHeldDown($0.name) }.map(\.requestID)))
        shards?.postToAll(.reconfigured(credentials.keeper.completed(policy)))
    }

    /// Files of keys or certificates were read again.
    func credentialsChanged() {
        publishPolicy()
    }

    // MARK: commands

    func status() -> EventLoopFuture<ControlReply> {
        let tunnels = supervisor.records(at: environment.now())
        guard let shards else {
            return loop.makeSucceededFuture(.failed(.ending))
        }
        let assembly = StatusAssembly(moment: environment.moment, dataPlane: environment.dataPlane)
        return shards.status(on: loop).flatMap { [loop] status in
            assembly.report(tunnels: tunnels, status: status, on: loop).map(ControlReply.status)
        }
    }

    func drops() -> ControlReply {
        .drops(DropAssembly(moment: environment.moment, dataPlane: environment.dataPlane).report)
    }

    func certificates() -> ControlReply { .certificates(credentials.keeper.report()) }

    func sas() -> EventLoopFuture<ControlReply> {
        guard let shards else {
            return loop.makeSucceededFuture(.failed(.ending))
        }
        let assembly = LiveSAAssembly(moment: environment.moment, dataPlane: environment.dataPlane)
        return shards.status(on: loop).flatMap { [loop] status in
            assembly.report(status, on: loop).map(ControlReply.sas)
        }
    }

    func up(_ name: String, timeout: Int64?, reply: @escaping @Sendable (ControlReply) -> Void) {
        let moment = environment.moment
        do {
            let wasHeld = supervisor.isHeldDown(name)
            let actions = try supervisor.up(name, persistently: timeout != nil, at: moment)
            let deadline = timeout.map { moment.instant + .seconds($0) }
            waiters.append(UpWaiter(tunnel: name, deadline: deadline, reply: reply))
            if wasHeld { publishPolicy() }
            perform(actions)
        } catch {
            reply(.failed(error))
        }
    }

    func down(_ name: String) -> ControlReply {
        do {
            let actions = try supervisor.down(name, at: environment.moment)
            perform(actions)
            publishPolicy()
            return .done(["\(name) is down and stays down until \"swiftikectl up \(name)\""])
        } catch {
            return .failed(error)
        }
    }

    func blackbox(_ name: String) -> ControlReply {
        let lines = environment.log.recorder.lines(about: name, moment: environment.moment)
        guard lines.isEmpty else { return .done(lines) }
        return .failed(
            ControlFailure(
                .unknownTunnel,
                "nothing is recorded of \"\(name)\": name a tunnel, a remote block, a peer's address, our SPI of "
                    + "an IKE SA, or \"\(RefusedMessages.name)\" for messages that no IKE SA came of"))
    }

    /// Hands out the keys of all SAs: to root, and where the configuration allows it.
    func keys(for peer: ControlPeer) -> EventLoopFuture<ControlAnswer> {
        if let objection = KeyExport.objection(to: peer, isAllowed: settings.allowsKeyExport) {
            environment.log.warning("keys not handed to \(peer): \(objection)")
            return loop.makeSucceededFuture(ControlAnswer(.failed(ControlFailure(.notPermitted, objection))))
        }
        guard let shards else { return loop.makeSucceededFuture(ControlAnswer(.failed(.ending))) }
        let log = environment.log
        return shards.keys(on: loop).map { keys in
            let export = KeyExport(keys)
            log.write(.notice, "keys of \(export.report.counts) handed to \(peer)")
            return ControlAnswer(.keys(export.report), secret: export.secret)
        }
    }

    func reload() -> ControlReply {
        switch environment.loadSettings() {
        case .failure(let failure):
            environment.log.error(
                "the configuration has errors and everything stays as it is:\n\(failure.message)")
            return .failed(failure)
        case .success(let new):
            return .done(adopt(new))
        }
    }

    private func adopt(_ new: DaemonSettings) -> [String] {
        let plan = ReloadPlan(from: settings.policy, to: new.policy)
        let socketsChanged = new.sockets != settings.sockets
        settings = new
        settings.policy = plan.policy
        environment.log.threshold = new.logThreshold
        secretsFile.set(new.secretsFile)
        credentials.adopt(new.credentials)
        leases.adopt(plan.policy.pool, file: new.leaseFile)
        scripts.adopt(plan.policy)
        for notice in new.notices { environment.log.write(.notice, notice) }
        let actions = supervisor.configure(
            plan.policy.tunnels, timers: plan.policy.timers, versions: plan.policy.mostVersions,
            at: environment.moment)
        // What goes, goes under the old policy; what comes, comes under the new one.
        perform(actions.filter(\.isEnding))
        for name in plan.removed { policies.remove(tunnel: name) }
        for tunnel in plan.policy.tunnels where !plan.unchanged.contains(tunnel.name) { place(tunnel) }
        policies.install(included: new.includedPolicies)
        publishPolicy()
        perform(actions.filter { !$0.isEnding })
        let sockets =
            socketsChanged ? ["the addresses of the listen block take effect at the next start"] : []
        let lines = plan.verdict + sockets
        environment.log.info("configuration read again: \(lines.joined(separator: "; "))")
        return lines
    }

    // MARK: waiting for a tunnel

    private func answer(_ name: String, _ reply: ControlReply) {
        let answered = waiters.filter { $0.tunnel == name }
        waiters.removeAll { $0.tunnel == name }
        for waiter in answered { waiter.reply(reply) }
    }

    private func attemptFailed(_ name: String, _ reason: String) {
        let isOver = supervisor.record(of: name, at: environment.now()) == nil || supervisor.isHeldDown(name)
        let ended = waiters.filter { $0.tunnel == name && ($0.deadline == nil || isOver) }
        waiters.removeAll { $0.tunnel == name && ($0.deadline == nil || isOver) }
        for waiter in ended { waiter.reply(.failed(ControlFailure(.notUp, "\(name) is not up: \(reason)"))) }
        settleAwaited(name)
    }

    private func expire(_ waiter: UpWaiter, _ moment: Moment) {
        waiters.removeAll { $0 === waiter }
        let reason =
            supervisor.record(of: waiter.tunnel, at: moment.instant)?.reason ?? "there is no such tunnel"
        waiter.reply(.failed(ControlFailure(.timeout, "\(waiter.tunnel) did not come up in time: \(reason)")))
        settleAwaited(waiter.tunnel)
    }

    private func settleAwaited(_ name: String) {
        guard !waiters.contains(where: { $0.tunnel == name }) else { return }
        supervisor.giveUp(name, at: environment.moment)
    }

    // MARK: end

    /// Says goodbye to all peers and takes out what is ours.
    func shutDown() -> EventLoopFuture<Void> {
        alarm?.task.cancel()
        for waiter in waiters { waiter.reply(.failed(.ending)) }
        waiters = []
        let ended = shards?.shutDown(on: loop) ?? loop.makeSucceededVoidFuture()
        shards = nil
        let policies = NIOLoopBound(policies, eventLoop: loop)
        return ended.flatMap { policies.value.removeAll() }
    }
}

/// Somebody who waits for a tunnel to come up.
final class UpWaiter {
    let tunnel: String
    /// nil: the next attempt decides.
    let deadline: Instant?
    let reply: @Sendable (ControlReply) -> Void

    init(tunnel: String, deadline: Instant?, reply: @escaping @Sendable (ControlReply) -> Void) {
        self.tunnel = tunnel
        self.deadline = deadline
        self.reply = reply
    }
}

/// The name of the file of pre-shared keys; a reload may change it while shards look things up.
package final class SecretsFileName: Sendable {
    private let name: Mutex<String>

    package init(_ name: String) {
        self.name = Mutex(name)
    }

    package var current: String { name.withLock { $0 } }

    package func set(_ new: String) {
        name.withLock { $0 = new }
    }
}

extension ControlFailure {
    static let ending = ControlFailure(.busy, "the daemon is about to end")
}

extension TunnelSupervisor.Action {
    /// Whether it belongs to what goes rather than to what comes.
    fileprivate var isEnding: Bool {
        switch self {
        case .terminate, .failed: true
        case .initiate, .cameUp, .announce: false
        }
    }
}
