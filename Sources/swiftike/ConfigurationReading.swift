import Algorithms
import ControlProtocol
import Cryptography
import IKEConfiguration
import IKEDaemon
import IPsec
import KeyAgreement
import LinuxIO
import Negotiation
import SourceText

/// What the configuration and the command line say together.
struct HostSettings: Sendable {
    var daemon: DaemonSettings
    /// `path pidfile`.
    var pidFile: String?

    var notices: [String] { daemon.notices }
}

/// Reads the configuration file; the same code serves --check, the start and every reload.
struct ConfigurationReading: Sendable {
    let path: String
    private let verbosity: Int
    private let families: [AddressFamily]
    private let ikePort: UInt16
    private let natTraversalPort: UInt16

    init(path: String, options: DaemonProgram) {
        self.path = path
        verbosity = options.flags.verbosity
        families = options.flags.onlyIPv4 ? [.ipv4] : options.flags.onlyIPv6 ? [.ipv6] : [.ipv4, .ipv6]
        ikePort = options.flags.ikePort
        natTraversalPort = options.flags.natTraversalPort
    }

    func load() -> Result<HostSettings, ControlFailure> {
        switch ConfigurationFile.load(path, reading: Self.files) {
        case .success(let configuration): checked(configuration)
        case .failure(let rejection):
            .failure(
                ControlFailure(
                    rejection.cause == .unreadable ? .noInput : .configuration,
                    rejection.diagnostics.rendered))
        }
    }

    /// The same for a data plane that may lack what tunnels ask for.
    func load(hasNamedDevices: Bool) -> Result<HostSettings, ControlFailure> {
        load().flatMap { settings in
            let objections = hasNamedDevices ? [] : settings.daemon.namedDeviceObjections
            guard objections.isEmpty else {
                return .failure(ControlFailure(.configuration, objections.joined(separator: "\n")))
            }
            return .success(settings)
        }
    }

    private func checked(_ configuration: Configuration) -> Result<HostSettings, ControlFailure> {
        let missing = FetchedAlgorithms.missing() + KeyExchange.missing.map(\.name)
        let objections = configuration.policy.objections(missing: Set(missing))
        guard objections.isEmpty else {
            return .failure(ControlFailure(.configuration, objections.joined(separator: "\n")))
        }
        return .success(settings(configuration))
    }

    private static let files = FileReading(read: content(of:), matches: FileSystem.matches(of:))

    @Sendable private static func content(of path: String) -> Result<[UInt8], FileReading.Failure> {
        do {
            return .success(try LocalFile.read(path).bytes)
        } catch {
            return .failure(FileReading.Failure(reason: SystemError.text(of: error.code)))
        }
    }

    private func settings(_ configuration: Configuration) -> HostSettings {
        var settings = DaemonSettings(policy: configuration.policy)
        settings.includedPolicies = configuration.includedPolicies
        settings.secretsFile = configuration.paths.preSharedKeys
        settings.leaseFile = configuration.paths.leases
        settings.credentials = configuration.credentials
        settings.logThreshold = threshold(configuration.logLevel)
        settings.sockets = sockets(configuration.listen)
        settings.needsEverySocket = configuration.listen.isStrict
        settings.allowsKeyExport = configuration.allowsKeyExport
        settings.notices =
            configuration.notices.headlines + PreSharedKeyFile(settings.secretsFile).remarks()
        return HostSettings(daemon: settings, pidFile: configuration.paths.pidFile)
    }

    /// The configuration's level, and one more for each -d.
    private func threshold(_ level: LogLevel) -> ReportLevel {
        let levels = LogLevel.allCases
        let index = (levels.firstIndex(of: level) ?? 0) + verbosity
        switch levels[min(index, levels.count - 1)] {
        case .error: return .error
        case .warning: return .warning
        case .notify: return .notice
        case .info: return .info
        case .debug, .debug2: return .debug
        }
    }

    private func sockets(_ listen: ListenPolicy) -> [SocketPlan] {
        let natTraversal = listen.isakmpNATT.isEmpty ? listen.isakmp.map(\.withoutPort) : listen.isakmpNATT
        return plans(listen.isakmp, ikePort, .ike) + plans(natTraversal, natTraversalPort, .natTraversal)
    }

    private func plans(
        _ addresses: [ListenAddress], _ port: UInt16, _ purpose: IKESocketPurpose
    ) -> [SocketPlan] {
        guard !addresses.isEmpty else {
            return families.map { SocketPlan(family: $0, port: port, purpose: purpose) }
        }
        return addresses.filter { families.contains($0.address.family) }.map { listen in
            SocketPlan(
                family: listen.address.family, address: listen.address.isUnspecified ? nil : listen.address,
                port: listen.port ?? port, purpose: purpose)
        }
    }
}

extension ListenAddress {
    /// The same address on the other service's port.
    fileprivate var withoutPort: ListenAddress {
        ListenAddress(address: address, interface: interface)
    }
}
