package import ProgramFormat

/// How a program is given PF_KEY sockets.
package enum Mechanism: Hashable, Sendable {
    /// By a library that is loaded into it.
    case preload
    /// By answering its system calls; why not by the library.
    case seccomp(Reason)

    package enum Reason: Hashable, Sendable, CustomStringConvertible {
        case requested
        case linkedStatically
        case madeByGo
        /// Its loader is not the one that the library was made for.
        case otherLoader(String)
        /// Starting it gives rights, and then no library is loaded that the starter chose.
        case gainsRights

        package var description: String {
            switch self {
            case .requested: "as was asked for"
            case .linkedStatically: "it is linked statically"
            case .madeByGo: "Go programs do not use the C library for system calls"
            case .otherLoader(let path): "it is loaded by \(path), for which the library was not made"
            case .gainsRights: "it has rights of its own, and loads no library that others choose"
            }
        }
    }

    /// What a person may ask for.
    package enum Request: Hashable, Sendable, CaseIterable {
        case automatic
        case preload
        case seccomp
    }

    /// Chooses for a program, which is the interpreter for a script.
    ///
    /// - Parameters:
    ///   - own: the program that chooses, which has what the library needs.
    ///   - gainsRights: whether the program's file is set-user-ID or has capabilities.
    /// - Throws: what makes each of them impossible.
    package static func choose(
        _ request: Request, for program: ELFProgram, own: ELFProgram, gainsRights: Bool
    ) throws(LaunchFailure) -> Mechanism {
        guard program.machine == own.machine, program.wordSize == own.wordSize else {
            throw .otherMachine
        }
        let obstacle = obstacle(program, own, gainsRights)
        switch (request, obstacle) {
        case (.seccomp, _): return .seccomp(.requested)
        case (_, nil): return .preload
        case (.automatic, let obstacle?): return .seccomp(obstacle)
        case (.preload, let obstacle?): throw .noPreload(obstacle)
        }
    }

    /// Why the library cannot serve it.
    private static func obstacle(_ program: ELFProgram, _ own: ELFProgram, _ gainsRights: Bool) -> Reason? {
        guard let loader = program.interpreter else { return .linkedStatically }
        if program.isGo { return .madeByGo }
        if let ownLoader = own.interpreter, loader != ownLoader { return .otherLoader(loader) }
        return gainsRights ? .gainsRights : nil
    }
}

/// Why a program was not started.
package enum LaunchFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case notFound(String)
    case notExecutable(String, String)
    /// Scripts whose interpreter is a script, and so on.
    case tooManyInterpreters(String)
    case otherMachine
    case noPreload(Mechanism.Reason)
    case noLibrary([String])
    case noServer(String)
    case noStart(String)

    package var description: String {
        switch self {
        case .notFound(let program): "\(program): no such program in PATH; give its path"
        case .notExecutable(let path, let reason): "\(path) cannot be started: \(reason)"
        case .tooManyInterpreters(let path):
            "\(path) cannot be started: its interpreter is a script, whose interpreter is one, and so on"
        case .otherMachine:
            "the program is for another kind of processor or word size than this one, and cannot be served"
        case .noPreload(let reason):
            "the library cannot serve the program: \(reason); leave --mechanism out, or use seccomp"
        case .noLibrary(let paths):
            "libswiftpfkey-preload.so is not in \(paths.joined(separator: ", ")); say --preload-library PATH"
        case .noServer(let reason): reason
        case .noStart(let reason): reason
        }
    }

    /// As other programs that start programs have it: 127 and 126; else sysexits'.
    package var exitStatus: Int32 {
        switch self {
        case .notFound: 127
        case .notExecutable, .tooManyInterpreters, .otherMachine: 126
        case .noPreload, .noServer: 69
        case .noLibrary: 72
        case .noStart: 71
        }
    }
}
