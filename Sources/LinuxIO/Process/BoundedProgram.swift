import Glibc

/// A program that is run by itself, not by a shell: with the environment it is given and no other, no descriptors of ours,
/// in a process group of its own, and no longer than it may.
package struct BoundedProgram: Hashable, Sendable {
    /// From the root on.
    package var path: String
    /// Without the program's own name.
    package var arguments: [String]
    /// `NAME=value` each.
    package var environment: [String]
    package var limit: Duration

    /// How it ended.
    package enum Ending: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// It took too long, and was killed with all of its group.
        case overdue
    }

    /// How it ended, and what it said first.
    package struct Outcome: Hashable, Sendable {
        package var ending: Ending
        /// Of standard output and standard error, 4096 octets at most.
        package var output: [UInt8]
    }

    package init(path: String, arguments: [String], environment: [String], limit: Duration) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.limit = limit
    }

    private static let keptOctets = 4096
    /// Milliseconds between looks at whether it has ended.
    private static let pause: Int32 = 20

    /// Runs it, and waits until it has ended.
    package func run() throws(SystemError) -> Outcome {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw SystemError("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = FileDescriptor(owning: ends[0])
        _ = fcntl(reading.number, F_SETFL, O_NONBLOCK)
        let process = try spawn(saying: FileDescriptor(owning: ends[1]))
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        var output: [UInt8] = []
        while true {
            let isOpen = Self.drain(reading, into: &output)
            if let ending = try Self.ending(of: process, WNOHANG) {
                _ = Self.drain(reading, into: &output)
                return Outcome(ending: ending, output: output)
            }
            guard clock.now < deadline else {
                kill(-process, SIGKILL)
                _ = try Self.ending(of: process, 0)
                return Outcome(ending: .overdue, output: output)
            }
            var waiting = pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&waiting, isOpen ? 1 : 0, Self.pause)
        }
    }

    private func spawn(saying writing: consuming FileDescriptor) throws(SystemError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for number: Int32 in [1, 2] {
            unsafe posix_spawn_file_actions_adddup2(&actions, writing.number, number)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe OpenDescriptors.close(&actions, but: [])
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A daemon ignores and blocks signals that a program of its own is to get.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] =
            unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe variables.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, path, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw SystemError("posix_spawn \(path)", code: code) }
        return process
    }

    /// Takes what has been said; whether more may come.
    private static func drain(_ reading: borrowing FileDescriptor, into output: inout [UInt8]) -> Bool {
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(reading.number, &piece, piece.count)
            guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
            output += piece.prefix(min(count, keptOctets - output.count))
        }
    }

    private static func ending(of process: pid_t, _ options: Int32) throws(SystemError) -> Ending? {
        var status: Int32 = 0
        let answer = try SystemError.retrying("waitpid") { Int(unsafe waitpid(process, &status, options)) }
        guard answer != 0 else { return nil }
        let signal = status & 0x7f
        return signal == 0 ? .exited(status >> 8 & 0xff) : .signalled(signal)
    }
}
