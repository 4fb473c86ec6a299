import ArgumentParser
import ControlProtocol
import LinuxIO

/// The IKE daemon: reads its configuration, then negotiates in the background or, with -F, in the foreground.
@main
struct DaemonProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftike", abstract: "Negotiate IPsec security associations: an IKE daemon.",
        version: "swiftike \(Self.release)")

    static let release = "0.1.0"

    @OptionGroup(title: "racoon's flags") var flags: RacoonFlags
    @OptionGroup(title: "Our own options") var own: OwnOptions

    func run() throws {
        if flags.showsVersion {
            print(
                "swiftike \(Self.release)\nIKEv1: main mode, pre-shared keys, NAT traversal, dead peer detection"
            )
            print("data planes: kernel (XFRM), userspace (TUN), null")
            return
        }
        if !own.isDetachedCopy { for line in flags.withoutEffect { Standard.complain(line) } }
        let reading = ConfigurationReading(path: flags.configurationPath, options: self)
        switch reading.load(hasNamedDevices: own.dataPath != .kernel) {
        case .failure(let failure):
            Standard.print(failure.message)
            throw ExitCode(failure.kind.exitStatus)
        case .success(let settings):
            if own.isCheckOnly {
                for notice in settings.notices { Standard.print(notice) }
                print("\(flags.configurationPath): no errors")
                return
            }
            try start(settings, reading)
        }
    }

    private func start(_ settings: HostSettings, _ reading: ConfigurationReading) throws {
        if !flags.staysInForeground, !own.isDetachedCopy {
            try detach()
            return
        }
        do {
            try RunningDaemon(settings: settings, reading: reading, options: self).run()
        } catch let failure as LaunchFailure {
            Standard.complain(failure.explanation)
            throw ExitCode(failure.exitStatus)
        }
    }

    /// Goes on in a copy without a terminal; the shell learns whether it started.
    private func detach() throws {
        let arguments = CommandLine.arguments + ["--detached-copy"]
        do {
            switch try DetachedProgram.start("/proc/self/exe", arguments: arguments) {
            case .ready: return
            case .ended(let status): throw ExitCode(status == 0 ? 70 : status)
            }
        } catch let error as SystemError {
            Standard.complain("\(error)")
            throw ExitCode(71)
        }
    }
}
