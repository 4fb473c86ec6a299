import CLinux
import Glibc

/// A thread of our own that no signal is delivered to.
package struct PosixThread: Sendable {
    private let identity: pthread_t

    /// The work of a thread on its way to it.
    private final class Work: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a thread.
    ///
    /// - Parameter name: what `ps -L` shows; at most 15 octets count.
    /// - Throws: when the system has no room for a thread.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(NetlinkRefusal) {
        let work = unsafe Unmanaged.passRetained(Work(name: String(name.prefix(15)), body: body))
        var all = sigset_t()
        var before = sigset_t()
        _ = unsafe sigfillset(&all)
        _ = unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        var identity = pthread_t()
        let code = unsafe pthread_create(&identity, nil, posixThreadBody, work.toOpaque())
        _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            unsafe work.release()
            throw NetlinkRefusal(code: code, explanation: "no thread could be started")
        }
        self.identity = identity
    }

    /// Waits until the thread has ended; called once.
    package func join() {
        _ = pthread_join(identity, nil)
    }

    fileprivate static func run(_ pointer: UnsafeMutableRawPointer) {
        let work = unsafe Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
        _ = unsafe clinux_name_thread(work.name)
        work.body()
    }
}

private func posixThreadBody(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let pointer = unsafe pointer { unsafe PosixThread.run(pointer) }
    return nil
}
