import CLinux
import Glibc

/// A Unix stream socket that accepts connections; its file goes with it.
package struct StreamListener: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    package let path: String

    /// Listens at `path`, replacing a socket that nobody listens on any more.
    ///
    /// - Parameter mode: permission bits of the socket's file.
    /// - Throws: `EADDRINUSE` when somebody does listen there.
    package init(path: String, mode: UInt32 = 0o600) throws(SystemError) {
        let descriptor = try FileDescriptor.socket(AF_UNIX, SOCK_STREAM, 0)
        try Self.removeStale(path)
        // The file must never be there with more permissions than asked for.
        let before = umask(mode_t(~mode & 0o777))
        let result = unsafe linuxio_unix_bind(descriptor.number, path)
        umask(before)
        _ = try SystemError.check(result, "bind \(path)")
        guard listen(descriptor.number, 16) == 0 else { throw SystemError("listen \(path)") }
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        unsafe unlink(path)
    }

    /// The number, for `poll`; it stays this listener's.
    package var number: Int32 { descriptor.number }

    /// Waits for the next connection.
    package borrowing func accept() throws(SystemError) -> StreamSocket {
        StreamSocket(
            FileDescriptor(owning: try SystemError.check(linuxio_accept(descriptor.number), "accept")))
    }

    private static func removeStale(_ path: String) throws(SystemError) {
        guard let facts = try? LocalFile.facts(of: path) else { return }
        guard facts.kind == .socket else {
            throw SystemError("bind \(path)", code: EADDRINUSE, advice: "the file there is not a socket")
        }
        let probe = try FileDescriptor.socket(AF_UNIX, SOCK_STREAM, 0)
        guard unsafe linuxio_unix_connect(probe.number, path) < 0 else {
            throw SystemError("bind \(path)", code: EADDRINUSE, advice: "another daemon answers there")
        }
        unsafe unlink(path)
    }
}
