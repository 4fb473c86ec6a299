import Glibc
import LinuxIO

/// Starts a program with PF_KEY sockets that a server keeps, where the kernel has none.
package struct PFKeyLaunch: Hashable, Sendable {
    package var server: PFKeyServerChoice
    package var mechanism: Mechanism.Request
    /// Of the preload library; nil where it is installed, or beside this program.
    package var library: String?
    /// Of the server's program; nil where it is installed, or beside this program.
    package var serverProgram: String?
    /// The program's name first.
    package var words: [String]
    /// `NAME=value` each.
    package var environment: [String]

    private static let libraryName = "libswiftpfkey-preload.so"
    private static let libraryFolders = ["", "../lib/", "../lib64/"]
    private static let serverName = "swiftpfkeyd"
    private static let serverFolders = ["", "../sbin/"]
    private static let startLimit: Duration = .seconds(20)

    package init(
        server: PFKeyServerChoice, mechanism: Mechanism.Request, library: String?, serverProgram: String?,
        words: [String], environment: [String]
    ) {
        self.server = server
        self.mechanism = mechanism
        self.library = library
        self.serverProgram = serverProgram
        self.words = words
        self.environment = environment
    }

    /// What was chosen, in words.
    package typealias Report = (String) -> Void

    /// Becomes the program.
    ///
    /// - Parameter report: is told what is done, for a person who wants to know.
    package func perform(_ report: Report) throws(LaunchFailure) -> Never {
        let program = try FoundProgram(words[0], searchPath: value(of: "PATH"))
        var launch = self
        launch.server.path = LocalFile.absolute(server.path)
        try launch.perform(program, report)
    }

    private func perform(_ program: FoundProgram, _ report: Report) throws(LaunchFailure) -> Never {
        guard !PFKeyClientSocket.isInKernel else {
            report("the kernel has PF_KEY, the program is started as it is")
            try become(program, environment)
        }
        let mechanism = try Mechanism.choose(
            mechanism, for: program.elf, own: try FoundProgram.ourselves().elf,
            gainsRights: program.gainsRights)
        let library = mechanism == .preload ? try foundLibrary() : nil
        try startServer(report)
        guard let library else {
            report("system calls are answered (seccomp)")
            try superviseCalls()
            try become(program, environment)
        }
        report("\(library) is loaded into the program")
        try become(program, preloading(library))
    }

    /// The variables with which the library finds itself loaded, and the server.
    package func preloading(_ library: String) -> [String] {
        var variables = server.environment
        let others = value(of: "LD_PRELOAD").map { ":\($0)" } ?? ""
        variables.append(("LD_PRELOAD", library + others))
        let names = variables.map { "\($0.name)=" }
        return environment.filter { variable in !names.contains { variable.hasPrefix($0) } }
            + variables.map { "\($0.name)=\($0.value)" }
    }

    private func value(of name: String) -> String? {
        environment.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    private func become(_ program: FoundProgram, _ environment: [String]) throws(LaunchFailure) -> Never {
        do throws(SystemError) {
            try ReplacedProgram.become(program.path, words, environment: environment)
        } catch {
            throw .notExecutable(program.path, "\(error)")
        }
    }

    /// From here on this process and what it starts are under the filter, and another one answers.
    private func superviseCalls() throws(LaunchFailure) {
        let window = DescriptorWindow(limit: ReplacedProgram.descriptorLimit)
        let server = server
        do throws(SystemError) {
            let channel = try DetachedFork.run { channel in
                guard let listener = try? CallListener(from: channel) else { exit(0) }
                var supervisor = CallSupervisor(listener, server, window)
                try? supervisor.run()
                exit(0)
            }
            try CallListener.install(CallFilter(PFKeyCallRules.rules(window))).hand(over: channel)
        } catch {
            throw .noStart("the program's system calls cannot be answered: \(error)")
        }
    }
}

/// Where the library and the server are.
extension PFKeyLaunch {
    private func foundLibrary() throws(LaunchFailure) -> String {
        let candidates = library.map { [$0] } ?? Self.beside(Self.libraryFolders, Self.libraryName)
        guard let found = candidates.first(where: { (try? LocalFile.facts(of: $0).kind) == .regular }),
            let path = LocalFile.resolved(found)
        else { throw .noLibrary(candidates) }
        return path
    }

    /// Paths relative to the folder of this program.
    private static func beside(_ folders: [String], _ name: String) -> [String] {
        guard let own = LocalFile.target(ofLink: "/proc/self/exe"), let slash = own.lastIndex(of: "/") else {
            return []
        }
        return folders.map { own[...slash] + $0 + name }
    }

    /// Starts the server unless its socket answers.
    private func startServer(_ report: Report) throws(LaunchFailure) {
        guard !isAnswering else { return }
        let candidates = serverProgram.map { [$0] } ?? Self.beside(Self.serverFolders, Self.serverName)
        guard let program = candidates.first(where: ReplacedProgram.isExecutable) else {
            throw .noServer(
                "nobody listens at \(server.path), and swiftpfkeyd is not in "
                    + "\(candidates.joined(separator: ", ")); start it, or say --server PROGRAM")
        }
        report("nobody listens at \(server.path), \(program) is started")
        let ending: BoundedProgram.Outcome
        do throws(SystemError) {
            ending = try BoundedProgram(
                path: program, arguments: ["--socket", server.path, "--background"], environment: environment,
                limit: Self.startLimit
            ).run()
        } catch {
            throw .noServer("\(error)")
        }
        // Two may have been started at the same time: then one of them ended, and the other answers.
        guard ending.ending == .exited(0) || isAnswering else {
            let words = String(decoding: ending.output, as: UTF8.self)
            throw .noServer("\(program) did not start: \(words.isEmpty ? "it said nothing" : words)")
        }
    }

    private var isAnswering: Bool {
        do throws(SystemError) {
            _ = try PacketSocket(connectingTo: server.path)
            return true
        } catch {
            // It is there, for others; the program's socket will be refused as af_key refuses.
            return error.code == EACCES
        }
    }
}
