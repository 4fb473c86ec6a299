public import IPsec

/// Named timers as data: when each is due, and which is due first.
///
/// Nothing fires by itself. They are few: an array is smaller than a dictionary, and found through sooner.
@usableFromInline
package struct Deadlines<Timer: Hashable & Sendable>: Sendable {
    @usableFromInline
    struct Entry: Sendable {
        @usableFromInline let timer: Timer
        @usableFromInline var instant: Instant

        @inlinable
        init(_ timer: Timer, _ instant: Instant) {
            self.timer = timer
            self.instant = instant
        }
    }

    @usableFromInline var entries: [Entry] = []

    @inlinable package init() {}

    /// When a timer is due; nil is never.
    ///
    /// Setting replaces.
    @inlinable package subscript(timer: Timer) -> Instant? {
        get { entries.first { $0.timer == timer }?.instant }
        set {
            if let index = entries.firstIndex(where: { $0.timer == timer }) {
                if let newValue {
                    entries[index].instant = newValue
                } else {
                    entries.remove(at: index)
                }
            } else if let newValue {
                if entries.isEmpty { entries.reserveCapacity(leastCapacity) }
                entries.append(Entry(timer, newValue))
            }
        }
    }

    /// When the first is due.
    @inlinable package var next: Instant? { firstIndex.map { entries[$0].instant } }

    /// Takes out the timer that is due first, if its time has come.
    @inlinable package mutating func takeDue(now: Instant) -> Timer? {
        guard let index = firstIndex, entries[index].instant <= now else { return nil }
        return entries.remove(at: index).timer
    }

    @inlinable package mutating func clearAll() {
        entries.removeAll(keepingCapacity: true)
    }

    /// Timers that whoever has one mostly has.
    @inlinable var leastCapacity: Int { 2 }

    @inlinable var firstIndex: Int? {
        entries.indices.min { entries[$0].instant < entries[$1].instant }
    }
}
