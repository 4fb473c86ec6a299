package import IPsec

/// Named timers as data: when each is due, and which is due first.
///
/// Nothing fires by itself.
package struct Deadlines<Timer: Hashable & Sendable>: Sendable {
    private var instants: [Timer: Instant] = [:]

    package init() {}

    /// When a timer is due; nil is never.
    ///
    /// Setting replaces.
    package subscript(timer: Timer) -> Instant? {
        get { instants[timer] }
        set { instants[timer] = newValue }
    }

    /// When the first is due.
    package var next: Instant? { instants.values.min() }

    /// Takes out the timer that is due first, if its time has come.
    package mutating func takeDue(now: Instant) -> Timer? {
        guard let first = instants.min(by: { $0.value < $1.value }), first.value <= now else { return nil }
        instants[first.key] = nil
        return first.key
    }

    package mutating func clearAll() {
        instants = [:]
    }
}
