import ArgumentParser
import Glibc
import LinuxIO
import PFKey
import PFKeyKernel
import PFKeySocket

/// Serves PF_KEY out of the kernel's XFRM databases to programs whose kernel has no PF_KEY.
@main
struct ShimServer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftpfkeyd", abstract: "Serve PF_KEY sockets on kernels without AF_KEY.",
        discussion: "The manual page swiftpfkeyd(8) says what programs see.")

    @Option(help: "Where clients connect.")
    var socket = "/run/swiftike/pfkeyd.sock"

    @Flag(name: .customLong("sha256-96"), help: "Truncate HMAC-SHA2-256 to 96 bits, as Linux's PF_KEY does.")
    var truncatesSHA256 = false

    @Flag(name: .customLong("af-key-broadcast"), help: "Show keys to every client, as Linux's PF_KEY does.")
    var showsKeysToAll = false

    @Flag(help: "Go into the background once clients can connect.")
    var background = false

    @Flag(help: .private)
    var detachedCopy = false

    func run() throws {
        if background, !detachedCopy { return try detach() }
        if detachedCopy {
            DetachedProgram.guardReadiness()
            SystemLog.open(as: "swiftpfkeyd")
        }
        try serve(ServerLog(isTerminal: !detachedCopy))
    }

    /// Goes on in a copy without a terminal; who called learns whether it started.
    private func detach() throws {
        let arguments = CommandLine.arguments + ["--detached-copy"]
        guard case .ended(let status) = try DetachedProgram.start("/proc/self/exe", arguments: arguments)
        else { return }
        throw ExitCode(status == 0 ? EX_SOFTWARE : status)
    }

    private func serve(_ log: ServerLog) throws {
        let signals = [SIGTERM, SIGINT]
        SignalThread.block(signals)
        OpenDescriptors.raiseLimit()
        do throws(SystemError) {
            let ending = try WakeUp()
            let server = try start(log)
            _ = try SignalThread.start(signals) { _ in ending.signal() }
            log.write("serving at \(socket)")
            if detachedCopy { DetachedProgram.becomeReady() }
            var poller = Poller()
            _ = poller.watch(ending.number)
            while try !poller.wait() {}
            server.shutDown()
        } catch {
            Self.complain("\(error)")
            if detachedCopy { log.write("\(error)") }
            throw ExitCode(EX_OSERR)
        }
    }

    private func start(_ log: ServerLog) throws(SystemError) -> PFKeyServer {
        var dialect = SADBDialect.linux
        dialect.hasShortSHA256 = truncatesSHA256
        let limits = PFKeyLimits(overflow: .lose, keys: showsKeysToAll ? .everybody : .requester)
        if let slash = socket.lastIndex(of: "/"), slash != socket.startIndex {
            try FileSystem.makeDirectory(String(socket[..<slash]), mode: 0o755)
        }
        // Anybody may connect: what a client may do is what the kernel lets its own netlink sockets do.
        return try PFKeyServer(path: socket, mode: 0o666) { [dialect] in
            KernelHost(dialect, limits) { log.write($0) }
        }
    }

    private static func complain(_ text: String) {
        try? StandardStream.error.write(Array("swiftpfkeyd: \(text)\n".utf8))
    }
}

/// Where the server's few lines go: standard error, or the system's log in the background.
struct ServerLog: Sendable {
    let isTerminal: Bool

    func write(_ line: String) {
        guard isTerminal else { return SystemLog.write(.notice, line) }
        try? StandardStream.error.write(Array("swiftpfkeyd: \(line)\n".utf8))
    }
}
