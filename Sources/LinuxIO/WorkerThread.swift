import CLinux
import Glibc

/// A thread of our own, with a name, which can be waited for.
@safe
package final class WorkerThread: @unchecked Sendable {  // why: its handle never changes
    private let handle: pthread_t

    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread; of `name`, at most 15 octets are kept.
    package init(_ name: String, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
        var handle = pthread_t()
        let body = unsafe Unmanaged.passRetained(Body(name, run))
        let code = unsafe pthread_create(
            &handle, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                _ = unsafe linuxio_set_thread_name(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        guard code == 0 else {
            unsafe body.release()
            throw SystemError("pthread_create", code: code)
        }
        self.handle = handle
    }

    /// Waits until the thread has ended.
    ///
    /// Called once, from another thread.
    package func join() {
        pthread_join(handle, nil)
    }
}
