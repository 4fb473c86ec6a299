package import IPsec
package import LinuxIO
package import PFKey
import Synchronization

/// A thread that serves PF_KEY to the clients of a Unix socket.
///
/// No client can make it wait: who does not read loses messages or is disconnected.
package final class PFKeyServer: Sendable {
    private let thread: Mutex<WorkerThread?>
    private let stopping: Stopping

    /// Whether the thread is to end.
    final class Stopping: Sendable {
        let wake: WakeUp
        private let flag = Atomic(false)

        init() throws(SystemError) {
            wake = try WakeUp()
        }

        var isSet: Bool { flag.load(ordering: .acquiring) }

        func set() {
            flag.store(true, ordering: .releasing)
            wake.signal()
        }
    }

    /// Listens at `path`.
    ///
    /// - Parameters:
    ///   - mode: permission bits of the socket's file.
    ///   - makeHost: called once, on the thread that serves.
    package init<Host: PFKeyHost & SendableMetatype>(
        path: String, mode: UInt32, makeHost: @escaping @Sendable () -> Host
    ) throws(SystemError) {
        let door = Door(try PacketListener(path: path, mode: mode))
        let stopping = try Stopping()
        self.stopping = stopping
        let worker = try WorkerThread("pfkey") {
            guard let listener = door.take() else { return }
            PFKeyServerLoop(makeHost(), listener, stopping).run()
        }
        thread = Mutex(worker)
    }

    /// Listens at `path`, with access for its owner alone, and serves the same databases to everybody.
    ///
    /// - Parameters:
    ///   - inbox: where the database's own events are put.
    ///   - makePlane: called once, on the thread that serves, with what gives those events.
    package convenience init<Plane: PFKeyPlane & SendableMetatype>(
        path: String, inbox: PFKeyEventInbox, dialect: SADBDialect = .own,
        makePlane: @escaping @Sendable (@escaping () -> [DatabaseEvent]) -> Plane
    ) throws(SystemError) {
        try self.init(path: path, mode: 0o600) {
            let plane = makePlane {
                inbox.wake.acknowledge()
                return inbox.takeAll()
            }
            let room = PFKeyRoom(PFKeyService(plane)) { _ in [inbox.wake.number] }
            return SingleRoomHost(room: room, dialect: dialect)
        }
    }

    /// The listening socket on its way to the thread.
    private final class Door: Sendable {
        private let listener: Mutex<PacketListener?>

        init(_ listener: consuming PacketListener) {
            self.listener = Mutex(listener)
        }

        func take() -> PacketListener? {
            listener.withLock { $0.take() }
        }
    }

    /// Disconnects the clients, removes the socket and ends.
    ///
    /// Before the database ends: a request that is under way is waited for.
    package func shutDown() {
        stopping.set()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }
}
