package import IPsec
package import LinuxIO
package import PFKey
import Synchronization

/// A thread that serves PF_KEY to the clients of a Unix socket.
///
/// No client can make it wait: who does not read is not read from, and is disconnected once too much waits for it.
package final class PFKeyServer: Sendable {
    private let thread: Mutex<WorkerThread?>
    private let stopping: Stopping

    /// Whether the thread is to end.
    final class Stopping: Sendable {
        private let flag = Atomic(false)
        var isSet: Bool { flag.load(ordering: .acquiring) }
        func set() { flag.store(true, ordering: .releasing) }
    }

    /// Listens at `path`, with access for its owner alone.
    ///
    /// - Parameters:
    ///   - inbox: where the database's own events are put.
    ///   - makeService: called once, on the thread that serves.
    package init<Database: AdministeredDatabase & SendableMetatype>(
        path: String, inbox: PFKeyEventInbox,
        makeService: @escaping @Sendable () -> PFKeyService<Database>
    ) throws(SystemError) {
        let listening = Listening(try PacketListener(path: path, mode: 0o600), inbox)
        let stopping = Stopping()
        self.stopping = stopping
        let worker = try WorkerThread("pfkey") {
            let loop = PFKeyServerLoop(makeService(), listening, stopping)
            loop.run()
        }
        thread = Mutex(worker)
        self.inbox = inbox
    }

    private let inbox: PFKeyEventInbox

    /// What the thread waits on.
    final class Listening: Sendable {
        let listener: PacketListener
        let inbox: PFKeyEventInbox

        init(_ listener: consuming PacketListener, _ inbox: PFKeyEventInbox) {
            self.listener = listener
            self.inbox = inbox
        }
    }

    /// Disconnects the clients, removes the socket and ends.
    ///
    /// Before the database ends: a request that is under way is waited for.
    package func shutDown() {
        stopping.set()
        inbox.wake.signal()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }
}
