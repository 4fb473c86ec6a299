import Algorithms
import ControlProtocol
import Cryptography
import Glibc
import IKEDaemon
import IKEv1
import IKEv2
import IPsec
import KeyAgreement
import LinuxIO
import Negotiation
import UserspaceIPsec

/// The daemon from its first line of log to its last.
struct RunningDaemon {
    private static let signals = [SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2]

    private let settings: HostSettings
    private let reading: ConfigurationReading
    private let options: DaemonProgram

    init(settings: HostSettings, reading: ConfigurationReading, options: DaemonProgram) {
        self.settings = settings
        self.reading = reading
        self.options = options
    }

    /// Returns when a signal has ended it.
    func run() throws {
        Heap.keepTogether()
        umask(0o077)
        if options.own.isDetachedCopy { DetachedProgram.guardReadiness() }
        SignalThread.block(Self.signals)
        let destination = try LogDestination(options: options)
        let log = Log(
            threshold: settings.daemon.logThreshold, clock: { MonotonicClock.now },
            sink: destination.write)
        log.info("swiftike \(DaemonProgram.release) starts with \(reading.path)")
        for notice in settings.notices { log.write(.notice, notice) }
        let missing = FetchedAlgorithms.missingInBrief() + KeyExchange.missing.map(\.name)
        if !missing.isEmpty {
            log.write(.notice, "libcrypto on this host refuses \(missing.joined(separator: ", "))")
        }
        do {
            try run(log, destination)
        } catch {
            log.error(error.explanation)
            // In the foreground the log is where the message would go again.
            throw options.flags.staysInForeground ? LaunchFailure(error.exitStatus, "did not start") : error
        }
    }

    private func run(_ log: Log, _ destination: LogDestination) throws(LaunchFailure) {
        let chosen = try ChosenDataPlane.take(
            options.own.dataPath, packetThreads: options.own.packetThreads)
        log.info(chosen.explanation)
        (chosen.plane as? UserspaceDataPlane)?.observeTrouble { log.warning($0) }
        let objections = chosen.plane.hasNamedDevices ? [] : settings.daemon.namedDeviceObjections
        guard objections.isEmpty else {
            chosen.plane.shutDown()
            throw LaunchFailure(78, objections.joined(separator: "\n"))
        }
        let daemon: Daemon
        let inbox: SignalInbox
        do {
            inbox = try SignalInbox(Self.signals)
            daemon = try Daemon(
                settings: settings.daemon,
                options: DaemonOptions(controlPath: options.own.controlPath, shards: shardCount),
                environment: environment(chosen.plane, log))
        } catch let failure as StartFailure {
            throw LaunchFailure(failure)
        } catch {
            throw LaunchFailure(71, "\(error)")
        }
        log.info("listening on \(daemon.socketSummary); control socket \(options.own.controlPath)")
        let keySocket = openKeySocket(chosen.plane, log)
        let pidFile = PIDFile(path: options.own.pidFile ?? settings.pidFile)
        pidFile.write(log)
        if options.own.isDetachedCopy { DetachedProgram.becomeReady() }
        serve(daemon, inbox, log, destination)
        keySocket?.shutDown()
        daemon.shutDown()
        pidFile.remove()
        log.info("swiftike has ended")
    }

    /// Without it the daemon works as well, so a failure is only told.
    private func openKeySocket(_ plane: any DataPlane, _ log: Log) -> PFKeyEndpoint? {
        let path = options.own.pfkeySocket
        do {
            if let socket = try PFKeyEndpoint(serving: plane, path: path) {
                log.info("SAD and SPD can be edited with swiftkey --socket \(socket.path)")
                return socket
            }
            if path != nil {
                log.warning("--pfkey-socket has no effect: only the user-space data plane has that socket")
            }
        } catch {
            log.warning("SAD and SPD cannot be edited from outside: \(error)")
        }
        return nil
    }

    private func serve(
        _ daemon: Daemon, _ inbox: SignalInbox, _ log: Log, _ destination: LogDestination
    ) {
        while true {
            switch inbox.next() {
            case SIGHUP:
                do {
                    try destination.reopen()
                } catch {
                    log.error("the log file cannot be opened anew, and the old one is written on: \(error)")
                }
                daemon.reload()
            case SIGTERM, SIGINT:
                log.info("ending: telling the peers, removing SAs and policies")
                return
            case let number: log.info("signal \(number) has no meaning here")
            }
        }
    }

    private var shardCount: Int {
        options.own.shards ?? min(4, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    private func environment(_ plane: any DataPlane, _ log: Log) -> DaemonEnvironment {
        let reading = reading
        let keys = PreSharedKeyCache()
        return DaemonEnvironment(
            dataPlane: plane, log: log, now: { MonotonicClock.now }, wallSeconds: { WallClock.now },
            random: { SystemRandom() },
            localAddress: { Self.localAddress(towards: $0, plane) },
            hostAddresses: .host(routing: !(plane is UserspaceDataPlane)), leases: .files,
            endpoint: { policy, indices in
                VersionedEndpoint(
                    policy: policy, ikev1: IKEv1Endpoint(policy: policy, random: SystemRandom())
                ) {
                    IKEv2Endpoint(policy: $0, random: SystemRandom(), compressionIndices: indices)
                }
            },
            sharedSecret: { PreSharedKeyFile($0).answer($1, cache: keys) },
            loadSettings: { reading.load(hasNamedDevices: plane.hasNamedDevices).map(\.daemon) })
    }

    /// As the IKE sockets would send, so outside all policies: where one is not, a negotiation might begin.
    private static func localAddress(
        towards remote: IPAddress, _ plane: any DataPlane
    ) -> Result<IPAddress, RouteFailure> {
        do throws(SystemError) {
            let local = try LocalAddress.towards(remote) {
                try? plane.prepare(socket: $0, family: remote.family, purpose: .ike)
            }
            return .success(local)
        } catch {
            return .failure(RouteFailure("no way to \(remote): \(SystemError.text(of: error.code))"))
        }
    }
}

extension IKEv1Endpoint: NegotiatingEndpoint {}
extension IKEv2Endpoint: NegotiatingEndpoint {}
