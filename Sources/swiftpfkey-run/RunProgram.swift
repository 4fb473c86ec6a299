import ArgumentParser
import Glibc
import LinuxIO
import PFKeyLaunch

/// Starts a program with PF_KEY sockets where the kernel has none.
@main
struct RunProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftpfkey-run",
        abstract: "Start a program with PF_KEY sockets where the kernel has none.",
        version: "swiftpfkey-run 0.1.0")

    @Option(help: "The Unix socket of swiftpfkeyd, or of swiftike --datapath userspace.")
    var socket = PFKeyClientSocket.defaultServer

    @Flag(name: .customLong("sha256-96"), help: "Truncate HMAC-SHA2-256 to 96 bits, as af_key does.")
    var truncatesTo96Bits = false

    @Flag(name: .customLong("sha256-128"), help: "Truncate HMAC-SHA2-256 to 128 bits (RFC 4868).")
    var truncatesTo128Bits = false

    @Flag(help: "Answer the program's system calls instead of loading a library into it.")
    var seccomp = false

    @Flag(help: "Load the library, or fail.")
    var preload = false

    @Option(name: .customLong("preload-library"), help: "The library, if not the installed one.")
    var library: String?

    @Option(name: .customLong("server"), help: "The program that is started if nobody listens.")
    var serverProgram: String?

    @Flag(name: .shortAndLong, help: "Say on standard error what is done.")
    var verbose = false

    @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
    var words: [String]

    mutating func validate() throws {
        // What ends the options is no word of the program.
        if words.first == "--" { words.removeFirst() }
        guard let program = words.first else {
            throw ValidationError("Say which program is to be started.")
        }
        guard !program.hasPrefix("-") else { throw ValidationError("There is no option \(program).") }
        guard !(seccomp && preload) else {
            throw ValidationError("--seccomp and --preload exclude each other.")
        }
        guard !(truncatesTo96Bits && truncatesTo128Bits) else {
            throw ValidationError("--sha256-96 and --sha256-128 exclude each other.")
        }
    }

    mutating func run() throws {
        let launch = PFKeyLaunch(
            server: PFKeyServerChoice(
                path: socket, truncation: truncatesTo96Bits ? .bits96 : truncatesTo128Bits ? .bits128 : nil),
            mechanism: seccomp ? .seccomp : preload ? .preload : .automatic, library: library,
            serverProgram: serverProgram, words: words, environment: ReplacedProgram.environment)
        let isVerbose = verbose
        do throws(LaunchFailure) {
            try launch.perform { words in if isVerbose { Self.say(words) } }
        } catch {
            Self.say("\(error)")
            throw ExitCode(error.exitStatus)
        }
    }

    private static func say(_ words: String) {
        try? StandardStream.error.write(Array("swiftpfkey-run: \(words)\n".utf8))
    }
}
