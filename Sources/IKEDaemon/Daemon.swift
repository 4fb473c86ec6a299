package import ControlProtocol
import IPsec
import LinuxIO
import NIOCore
import NIOPosix
import Negotiation

/// How a daemon is started, beside its configuration.
package struct DaemonOptions: Hashable, Sendable {
    package var controlPath: String
    /// Event loops that negotiate.
    package var shards: Int

    package init(controlPath: String, shards: Int) {
        self.controlPath = controlPath
        self.shards = shards
    }
}

/// The running daemon: sockets, shards, supervisor and control socket, put together and taken apart.
package final class Daemon: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let core: NIOLoopBound<DaemonCore>
    private let environment: DaemonEnvironment
    private let sockets: IKESockets
    private let reader: WorkerThread
    private let stopReading: WakeUp
    private let credentials: CredentialSupervision
    private let control: ControlSocket
    private let runner: ScriptRunner

    /// Starts everything.
    ///
    /// Called from a thread that may wait; whatever was begun is undone when it fails.
    package init(
        settings: DaemonSettings, options: DaemonOptions, environment: DaemonEnvironment
    ) throws(StartFailure) {
        let shardCount = max(1, options.shards)
        // One loop more than shards: commands and files never keep a negotiation waiting.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: shardCount + 1)
        let loop = group.next()
        let held = HeldRequestIDs()
        let questions = OpenQuestions()
        let secrets = SecretsFileName(settings.secretsFile)
        var opened: ControlSocket?
        do {
            let credentials = CredentialSupervision(Self.makeKeeper(settings, environment, loop))
            let leases = LeaseKeeper(storage: environment.leases, log: environment.log)
            leases.adopt(settings.policy.pool, file: settings.leaseFile)
            let runner = ScriptRunner(log: environment.log)
            let scripts = PeerScripts { runner.enqueue($0) }
            scripts.adopt(settings.policy)
            let inner = InnerNetwork(
                leases: leases,
                policies: BroughtPolicies(dataPlane: environment.dataPlane, log: environment.log),
                host: environment.hostAddresses, scripts: scripts, log: environment.log)
            let core = try Self.makeCore(
                settings, environment, loop, held, questions, secrets, credentials, inner)
            environment.dataPlane.observe { notification in
                loop.execute { core.value.notified(notification) }
            }
            // First of all: a second daemon must fail before it touches the policies of the first.
            let control = try ControlSocket.open(path: options.controlPath, group: loop) {
                request, peer, answer in
                loop.execute { Self.execute(request, from: peer, core.value, answer: answer) }
            }
            opened = control
            try loop.flatSubmit { core.value.installPolicies() }.wait()
            let sockets = try IKESockets(
                settings.sockets, needsAll: settings.needsEverySocket, dataPlane: environment.dataPlane,
                log: environment.log)
            let shards = try Self.makeShards(
                (0..<shardCount).map { _ in group.next() }, settings, environment, sockets.transmission, held,
                questions, inner, secrets, credentials.keeper, core, loop)
            let stopReading = try WakeUp()
            reader = try sockets.start(shards: shards, stop: stopReading)
            self.group = group
            self.loop = loop
            self.core = core
            self.environment = environment
            self.sockets = sockets
            self.stopReading = stopReading
            self.control = control
            self.runner = runner
            loop.execute { core.value.begin(shards: shards) }
            credentials.begin(log: environment.log, on: loop) { core.value.credentialsChanged() }
            self.credentials = credentials
        } catch {
            opened?.close()
            environment.dataPlane.shutDown()
            try? group.syncShutdownGracefully()
            throw Self.failure(error)
        }
    }

    /// What the sockets are bound to.
    package var socketSummary: String { sockets.summary }

    /// Reads the configuration again; waits until that is done.
    @discardableResult
    package func reload() -> ControlReply {
        let core = core
        let reply = try? loop.submit { core.value.reload() }.wait()
        return reply ?? .failed(.ending)
    }

    /// Closes every tunnel, removes what is ours and stops; waits until that is done, but not for ever.
    package func shutDown() {
        control.close()
        credentials.stop()
        let core = core
        let log = environment.log
        let ended = loop.flatSubmit { core.value.shutDown() }
        let patience = loop.scheduleTask(in: .seconds(5)) {
            log.warning("the data plane does not answer; ending")
        }
        // Whichever is first.
        let promise = loop.makePromise(of: Void.self)
        ended.whenComplete { _ in promise.succeed() }
        patience.futureResult.whenSuccess { promise.succeed() }
        try? promise.futureResult.wait()
        patience.cancel()
        stopReading.signal()
        reader.join()
        runner.finish()
        environment.dataPlane.shutDown()
        try? group.syncShutdownGracefully()
    }

    // MARK: putting together

    /// What holds our keys and certificates, ready to fetch what says whether others are revoked.
    private static func makeKeeper(
        _ settings: DaemonSettings, _ environment: DaemonEnvironment, _ loop: any EventLoop
    ) -> CredentialKeeper {
        let transport = HTTPFetch(loop: loop, patience: .seconds(8))
        let fetcher = RevocationFetcher(now: environment.now) { transport.perform($0, most: $1) }
        return CredentialKeeper(
            settings.credentials, log: environment.log, clock: environment.wallSeconds,
            random: environment.random, reading: .local, fetcher: fetcher)
    }

    private static func makeCore(
        _ settings: DaemonSettings, _ environment: DaemonEnvironment, _ loop: any EventLoop,
        _ held: HeldRequestIDs, _ questions: OpenQuestions,
        _ secrets: SecretsFileName, _ credentials: CredentialSupervision, _ inner: InnerNetwork
    ) throws -> NIOLoopBound<DaemonCore> {
        try loop.submit {
            let core = DaemonCore(
                settings: settings, environment: environment, loop: loop, held: held, questions: questions,
                secretsFile: secrets, credentials: credentials, inner: inner)
            let bound = NIOLoopBound(core, eventLoop: loop)
            core.wake = { bound.value.tick() }
            return bound
        }.wait()
    }

    private static func makeShards(
        _ loops: [any EventLoop], _ settings: DaemonSettings, _ environment: DaemonEnvironment,
        _ transmission: DatagramTransmission, _ held: HeldRequestIDs, _ questions: OpenQuestions,
        _ inner: InnerNetwork,
        _ secrets: SecretsFileName, _ keeper: CredentialKeeper,
        _ core: NIOLoopBound<DaemonCore>, _ home: any EventLoop
    ) throws -> ShardSet {
        let policy = keeper.completed(settings.policy)
        let signatures = SignatureAnswering(
            sign: { keeper.sign($0) }, verify: { keeper.verify($0, answer: $1) })
        let handles = try loops.enumerated().map { index, loop in
            let indices = CompressionIndices(share: index, of: loops.count)
            return try ShardHandle.make(
                on: loop, clock: environment.now, endpoint: { environment.endpoint(policy, indices) },
                performer: {
                    EffectPerformer(
                        dataPlane: environment.dataPlane, transmission: transmission, held: held,
                        inner: inner, log: environment.log, signatures: signatures
                    ) { request in environment.sharedSecret(secrets.current, request) }
                },
                observer: { report, liveChildren in
                    guard report.isForCore(whereAsked: !questions.isEmpty) else { return }
                    home.execute { core.value.noted(report, liveChildren: liveChildren) }
                }
            ).wait()
        }
        return ShardSet(handles)
    }

    private static func execute(
        _ request: ControlRequest, from peer: ControlPeer, _ core: DaemonCore,
        answer respond: @escaping @Sendable (ControlAnswer) -> Void
    ) {
        let reply: @Sendable (ControlReply) -> Void = { respond(ControlAnswer($0)) }
        func answer(with future: EventLoopFuture<ControlReply>) {
            future.whenComplete { result in
                reply((try? result.get()) ?? .failed(.ending))
            }
        }
        switch request {
        case .status: answer(with: core.status())
        case .drops: reply(core.drops())
        case .sas: answer(with: core.sas())
        case .certificates: reply(core.certificates())
        case .up(let tunnel, let timeout): core.up(tunnel, timeout: timeout, reply: reply)
        case .down(let tunnel): reply(core.down(tunnel))
        case .blackbox(let name): reply(core.blackbox(name))
        case .keys:
            core.keys(for: peer).whenComplete { result in
                respond((try? result.get()) ?? ControlAnswer(.failed(.ending)))
            }
        case .reload: reply(core.reload())
        }
    }

    private static func failure(_ error: any Error) -> StartFailure {
        switch error {
        case let failure as StartFailure: failure
        case let failure as DatabaseFailure:
            StartFailure(failure.kind == .notPermitted ? .notPermitted : .system, failure.explanation)
        case let error as SystemError: StartFailure(error)
        default: StartFailure(.system, "\(error)")
        }
    }
}

extension Report {
    /// Whether the core does anything about it: about what concerns tunnels, and what answers an acquire.
    fileprivate func isForCore(whereAsked hasQuestions: Bool) -> Bool {
        switch kind {
        case .childEstablished, .childGone: subject.tunnel != nil || hasQuestions
        case .childRekeyed: subject.tunnel != nil
        case .negotiationFailed: true
        case .progress: level >= .warning
        case .ikeEstablished, .ikeGone, .dropped: false
        }
    }
}
