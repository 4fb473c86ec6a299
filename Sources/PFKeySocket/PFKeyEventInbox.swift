package import IPsec
package import LinuxIO
import Synchronization

/// Events on their way from a database's thread to the server's.
package final class PFKeyEventInbox: Sendable {
    /// Events that may wait; of more only this is told, that some were lost.
    private static let maximum = 4096

    let wake: WakeUp
    private let events = Mutex<[DatabaseEvent]>([])

    package init() throws(SystemError) {
        wake = try WakeUp()
    }

    /// Hands an event over; allowed from any thread, and never waits.
    package func put(_ event: DatabaseEvent) {
        events.withLock { events in
            if events.count < Self.maximum { events.append(event) } else { events = [.lost] }
        }
        wake.signal()
    }

    func takeAll() -> [DatabaseEvent] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
