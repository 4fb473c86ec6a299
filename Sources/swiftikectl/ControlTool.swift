import ArgumentParser
import ControlProtocol

/// Asks a running swiftike about its tunnels, or has it bring them up and down.
@main
struct ControlTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftikectl", abstract: "Control the IKE daemon swiftike.",
        version: "swiftikectl 0.1.0",
        subcommands: [
            Status.self, SAs.self, Drops.self, Certificates.self, Up.self, Down.self, Reload.self,
            Blackbox.self, Keys.self, Explain.self, Authority.self,
        ])

    @OptionGroup var connection: ConnectionOptions
}

/// How to reach the daemon; before or after the command.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .customLong("control"), help: ArgumentHelp("The daemon's control socket.", valueName: "path"))
    var path = "/run/swiftike/swiftike.ctl"

    /// Carries out a request; a failure is told on standard error and ends the program with its status.
    func perform(_ request: ControlRequest, patience: Duration = .seconds(30)) throws -> ControlReply {
        do {
            let reply = try ControlClient(path: path).perform(request, patience: patience)
            if case .failed(let failure) = reply { throw failure }
            return reply
        } catch let failure as ControlFailure {
            Standard.complain(TerminalText.escapedLines(failure.message))
            throw ExitCode(failure.kind.exitStatus)
        }
    }

    /// Carries out a request and prints what was done.
    func report(_ request: ControlRequest, patience: Duration = .seconds(30)) throws {
        guard case .done(let lines) = try perform(request, patience: patience) else { return }
        for line in lines { print(TerminalText.escaped(line)) }
    }
}

extension ControlTool {
    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every configured tunnel, also those that are down, and all SAs.")

        @OptionGroup var connection: ConnectionOptions

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            guard case .status(let report) = try connection.perform(.status) else { return }
            if json {
                print(JSONWriter.text(report.json))
            } else {
                print(StatusText.render(report), terminator: "")
            }
        }
    }

    struct Up: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bring a tunnel up, and wait until it is.")

        @OptionGroup var connection: ConnectionOptions

        @Argument(help: "The tunnel's name.")
        var name: String

        @Option(help: ArgumentHelp("Go on trying for so many seconds.", valueName: "seconds"))
        var timeout: Int64?

        func validate() throws {
            guard let timeout, !(1...86400).contains(timeout) else { return }
            throw ValidationError("--timeout takes a number of seconds from 1 to 86400.")
        }

        func run() throws {
            let patience = Duration.seconds(timeout.map { $0 + 10 } ?? 180)
            try connection.report(.up(tunnel: name, timeout: timeout), patience: patience)
        }
    }

    struct Down: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a tunnel down, and keep it down.")

        @OptionGroup var connection: ConnectionOptions

        @Argument(help: "The tunnel's name.")
        var name: String

        func run() throws { try connection.report(.down(tunnel: name)) }
    }

    struct Reload: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the daemon read its configuration again; tunnels that did not change stay up.")

        @OptionGroup var connection: ConnectionOptions

        func run() throws { try connection.report(.reload) }
    }
}
