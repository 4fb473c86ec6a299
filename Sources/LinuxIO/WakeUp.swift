import CLinux

/// How one thread wakes another out of its `Poller`.
package final class WakeUp: Sendable {
    private let descriptor: FileDescriptor

    package init() throws(SystemError) {
        descriptor = FileDescriptor(owning: try SystemError.check(linuxio_event_open(), "eventfd"))
    }

    /// What the sleeping thread watches.
    package var number: Int32 { descriptor.number }

    /// Wakes the thread; several calls before it wakes are one.
    ///
    /// Allowed from any thread.
    package func signal() {
        _ = linuxio_event_signal(number)
    }

    /// Takes the wake-up, so that the next wait sleeps again.
    package func acknowledge() {
        _ = linuxio_event_take(number)
    }
}
