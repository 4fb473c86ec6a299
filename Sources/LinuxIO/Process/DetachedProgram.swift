import Glibc

/// A copy of this program that goes on in a session of its own, and tells when it is ready.
package enum DetachedProgram {
    /// How the start of the copy ended.
    package enum Outcome: Hashable, Sendable {
        case ready
        /// It ended first, with this status.
        case ended(Int32)
    }

    /// The descriptor on which the copy tells that it is ready.
    private static let readinessNumber: Int32 = 9
    /// POSIX_SPAWN_SETSID, which glibc declares for _GNU_SOURCE alone.
    private static let newSession: Int16 = 0x80

    /// Starts the program at `path`, and waits until it is ready or has ended.
    ///
    /// Standard error stays the caller's until the copy calls `becomeReady`.
    package static func start(_ path: String, arguments: [String]) throws(SystemError) -> Outcome {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw SystemError("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = FileDescriptor(owning: ends[0])
        let process = try spawn(path, arguments, readiness: FileDescriptor(owning: ends[1]))
        var octet: UInt8 = 0
        let count = try SystemError.retrying("read") { unsafe read(reading.number, &octet, 1) }
        return count == 1 ? .ready : .ended(try status(of: process))
    }

    /// Tells who started this copy that it is ready, and lets go of the terminal.
    ///
    /// Called in the copy.
    package static func becomeReady() {
        var octet: UInt8 = 1
        let null = unsafe open("/dev/null", O_RDWR)
        if null >= 0 {
            dup2(null, 2)
            if null > 2 { close(null) }
        }
        _ = unsafe write(readinessNumber, &octet, 1)
        close(readinessNumber)
    }

    /// Keeps what this program starts from holding the readiness pipe open.
    ///
    /// Called in the copy.
    package static func guardReadiness() {
        _ = fcntl(readinessNumber, F_SETFD, FD_CLOEXEC)
    }

    private static func spawn(
        _ path: String, _ arguments: [String], readiness: consuming FileDescriptor
    ) throws(SystemError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for number: Int32 in [0, 1] {
            unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
        }
        // Duplicating to the same number clears close-on-exec, too.
        unsafe posix_spawn_file_actions_adddup2(&actions, readiness.number, readinessNumber)
        // What whoever started us left open is not the copy's to keep.
        unsafe OpenDescriptors.close(&actions, but: [readinessNumber])
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(&attributes, newSession)
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, path, &actions, &attributes, &words, environ)
        guard code == 0 else { throw SystemError("posix_spawn \(path)", code: code) }
        return process
    }

    private static func status(of process: pid_t) throws(SystemError) -> Int32 {
        var status: Int32 = 0
        _ = try SystemError.retrying("waitpid") { Int(unsafe waitpid(process, &status, 0)) }
        let isExit = status & 0x7f == 0
        return isExit ? status >> 8 & 0xff : 70
    }
}
