import CLinux
import Glibc

/// The one owner of an open descriptor, closed when the owner goes.
package struct FileDescriptor: ~Copyable, Sendable {
    /// The number, for calls that take one; it stays this owner's.
    package let number: Int32

    /// Takes over an open descriptor.
    package init(owning number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }

    /// A second descriptor for the same open file, closed on exec.
    package static func duplicate(_ number: Int32) throws(SystemError) -> FileDescriptor {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError("fcntl F_DUPFD_CLOEXEC") }
        return FileDescriptor(owning: copy)
    }

    /// Opens a socket, closed on exec.
    static func socket(_ family: Int32, _ type: __socket_type, _ number: Int32) throws(SystemError)
        -> FileDescriptor
    {
        let descriptor = linuxio_socket(family, Int32(type.rawValue), number)
        guard descriptor >= 0 else {
            let advice = descriptor == -EPERM ? "run as root or give CAP_NET_RAW" : nil
            throw SystemError("socket", code: -descriptor, advice: advice)
        }
        return FileDescriptor(owning: descriptor)
    }

    /// Whether it is a Unix socket.
    package var isUnixSocket: Bool {
        var family: Int32 = 0
        return unsafe linuxio_get_option(number, SOL_SOCKET, SO_DOMAIN, &family) == 0 && family == AF_UNIX
    }

    /// Gives the descriptor away; the receiver closes it.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// Makes reads and writes fail with EAGAIN rather than wait.
    package borrowing func setNonBlocking() throws(SystemError) {
        let flags = fcntl(number, F_GETFL, 0)
        guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) >= 0 else {
            throw SystemError("fcntl F_SETFL")
        }
    }
}
