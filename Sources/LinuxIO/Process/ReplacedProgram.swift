import CLinux
import Glibc

/// This process, made into another program.
package enum ReplacedProgram {
    /// Whether a file may be started by this process.
    package static func isExecutable(_ path: String) -> Bool {
        unsafe access(path, X_OK) == 0
    }

    /// Becomes the program at `path`; returns only to throw.
    ///
    /// - Parameters:
    ///   - words: the program's name first.
    ///   - environment: `NAME=value` each.
    package static func become(
        _ path: String, _ words: [String], environment: [String]
    ) throws(SystemError) -> Never {
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe variables.forEach { unsafe free($0) } }
        unsafe execve(path, &arguments, &variables)
        throw SystemError("execve \(path)")
    }

    /// The variables that this process was given, `NAME=value` each.
    package static var environment: [String] {
        var variables: [String] = []
        var next = unsafe environ
        while let variable = unsafe next.pointee {
            unsafe variables.append(String(cString: variable))
            unsafe next += 1
        }
        return variables
    }

    /// The largest number that a descriptor of this process can have, and one.
    package static var descriptorLimit: Int {
        linuxio_process_descriptor_limit(0)
    }
}

/// A second process of this program that belongs to nobody, in a session of its own.
package enum DetachedFork {
    /// Runs `body` there, which never returns; in this process, which must have one thread, a channel to it is returned.
    package static func run(
        _ body: (consuming FileDescriptor) -> Never
    ) throws(SystemError) -> FileDescriptor {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw SystemError("socketpair")
        }
        let near = FileDescriptor(owning: ends[0])
        let far = FileDescriptor(owning: ends[1])
        let side = try SystemError.check(linuxio_fork_detached(), "fork")
        guard side == 0 else { return near }
        isolate(but: far.number)
        body(far)
    }

    /// Lets go of everything that belongs to who started it.
    private static func isolate(but kept: Int32) {
        for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE] { signal(number, SIG_IGN) }
        _ = unsafe chdir("/")
        let null = unsafe open("/dev/null", O_RDWR)
        for number: Int32 in [0, 1, 2] where null >= 0 { dup2(null, number) }
        let others = LocalFile.names(in: "/proc/self/fd").compactMap { Int32($0) }
        for number in others where number > 2 && number != kept { close(number) }
    }
}
