import CLinux
import Glibc

/// An event descriptor: one thread waits on it, others ring.
final class Doorbell: Sendable {
    let descriptor: Int32

    init() throws(NetlinkRefusal) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else { throw NetlinkRefusal(code: errno) }
    }

    deinit {
        _ = close(descriptor)
    }

    func ring() {
        _ = eventfd_write(descriptor, 1)
    }

    /// Waits until the bell was rung since the last wait.
    func wait() {
        var count: eventfd_t = 0
        while unsafe eventfd_read(descriptor, &count) < 0, errno == EINTR {}
    }
}
