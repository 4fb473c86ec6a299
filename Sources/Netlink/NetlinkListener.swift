import Glibc
import Synchronization
import Wire

/// A socket that hears multicast groups, and the thread that reads it.
package final class NetlinkListener: Sendable {
    /// What a listener tells, on its own thread.
    package struct Audience: Sendable {
        /// A message came; the bytes are lent.
        package var message: @Sendable (NetlinkHeader, Span<UInt8>) -> Void
        /// Messages were lost.
        package var lost: @Sendable () -> Void

        package init(
            message: @escaping @Sendable (NetlinkHeader, Span<UInt8>) -> Void,
            lost: @escaping @Sendable () -> Void
        ) {
            self.message = message
            self.lost = lost
        }
    }

    private struct State {
        var thread: PosixThread?
        var isStopping = false
    }

    private let socket: NetlinkSocket
    private let doorbell: Doorbell
    private let state = Mutex(State())

    /// Joins the groups; what comes waits in the socket until `start`.
    package init(_ family: NetlinkFamily, groups: [UInt32], receiveSpace: Int32) throws(NetlinkRefusal) {
        doorbell = try Doorbell()
        socket = try NetlinkSocket(family)
        socket.setReceiveSpace(receiveSpace)
        for group in groups { try socket.join(group: group) }
    }

    /// Starts the thread; called once.
    package func start(name: String, _ audience: Audience) throws(NetlinkRefusal) {
        let thread = try PosixThread(name: name) { [self] in run(audience) }
        state.withLock { $0.thread = thread }
    }

    /// Ends the thread; nothing is told any more once it returns.
    package func shutDown() {
        let thread = state.withLock { state in
            state.isStopping = true
            return state.thread.take()
        }
        doorbell.ring()
        thread?.join()
    }

    private func run(_ audience: Audience) {
        while waitForMessage() {
            let reception = socket.receive { datagram in
                // An event that ends early is dropped; those before it in the datagram were delivered.
                try? datagram.forEachNetlinkMessage { header, payload throws(WireError) in
                    audience.message(header, payload)
                }
            }
            switch reception {
            case .datagram, .nothing: break
            case .overrun: audience.lost()
            case .failed: return
            }
        }
    }

    /// Waits for a message; false when it is time to stop.
    private func waitForMessage() -> Bool {
        let wanted = Int16(POLLIN)
        var descriptors = [
            pollfd(fd: socket.descriptor, events: wanted, revents: 0),
            pollfd(fd: doorbell.descriptor, events: wanted, revents: 0),
        ]
        while unsafe poll(&descriptors, 2, -1) < 0 {
            guard errno == EINTR else { return false }
        }
        return !state.withLock { $0.isStopping }
    }
}
