import CLinux
import Glibc

/// A Unix stream socket that accepts connections; its file goes with it.
package struct StreamListener: ~Copyable, Sendable {
    private let file: UnixSocketFile

    /// Listens at `path`, replacing a socket that nobody listens on any more.
    ///
    /// - Parameter mode: permission bits of the socket's file.
    /// - Throws: `EADDRINUSE` when somebody does listen there.
    package init(path: String, mode: UInt32 = 0o600) throws(SystemError) {
        file = try UnixSocketFile(path: path, mode: mode, type: SOCK_STREAM)
    }

    package var path: String { file.path }

    /// The number, for `poll`; it stays this listener's.
    package var number: Int32 { file.number }

    /// Waits for the next connection.
    package borrowing func accept() throws(SystemError) -> StreamSocket {
        StreamSocket(try file.accept())
    }
}
