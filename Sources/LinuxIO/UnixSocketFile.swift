import CLinux
import Glibc

/// A listening Unix socket with its file, which goes with it.
struct UnixSocketFile: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    let path: String

    /// Listens at `path`, replacing a socket that nobody listens on any more.
    ///
    /// - Throws: `EADDRINUSE` when somebody does listen there.
    init(path: String, mode: UInt32, type: __socket_type) throws(SystemError) {
        let descriptor = try FileDescriptor.socket(AF_UNIX, type, 0)
        try Self.removeStale(path, type)
        // Linux makes the file with the permissions of the socket, so that it is never there with more, but for those
        // that the umask takes away. A umask would be every thread's.
        _ = try SystemError.check(fchmod(descriptor.number, mode_t(mode)), "fchmod \(path)")
        let result = unsafe linuxio_unix_bind(descriptor.number, path)
        _ = try SystemError.check(result, "bind \(path)")
        guard unsafe chmod(path, mode_t(mode)) == 0 else { throw SystemError("chmod \(path)") }
        guard listen(descriptor.number, 16) == 0 else { throw SystemError("listen \(path)") }
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        unsafe unlink(path)
    }

    var number: Int32 { descriptor.number }

    /// Waits for the next connection.
    borrowing func accept() throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try SystemError.check(linuxio_accept(descriptor.number), "accept"))
    }

    private static func removeStale(_ path: String, _ type: __socket_type) throws(SystemError) {
        guard let facts = try? LocalFile.facts(of: path) else { return }
        guard facts.kind == .socket else {
            throw SystemError("bind \(path)", code: EADDRINUSE, advice: "the file there is not a socket")
        }
        let probe = try FileDescriptor.socket(AF_UNIX, type, 0)
        guard unsafe linuxio_unix_connect(probe.number, path) < 0 else {
            throw SystemError("bind \(path)", code: EADDRINUSE, advice: "another daemon answers there")
        }
        unsafe unlink(path)
    }

    /// A socket connected to the one that listens at `path`.
    static func connect(to path: String, _ type: __socket_type) throws(SystemError) -> FileDescriptor {
        let descriptor = try FileDescriptor.socket(AF_UNIX, type, 0)
        let result = unsafe linuxio_unix_connect(descriptor.number, path)
        guard result >= 0 else {
            throw SystemError("connect \(path)", code: -result, advice: advice(connecting: -result))
        }
        return descriptor
    }

    /// What the person at the terminal can do about a socket that cannot be connected to.
    private static func advice(connecting code: Int32) -> String? {
        switch code {
        case ENOENT: "no daemon has made this socket; is it running, and with this path?"
        case ECONNREFUSED: "nobody listens on this socket; the daemon that made it has ended"
        case EACCES: "this user may not use the socket"
        case EPROTOTYPE: "the socket there is of another kind"
        default: nil
        }
    }
}
