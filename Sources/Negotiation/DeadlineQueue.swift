package import IPsec

/// Whose deadline comes first among many owners; a heap in which a newer entry makes older ones void.
package struct DeadlineQueue<Owner: Hashable & Sendable>: Sendable {
    private struct Entry {
        var instant: Instant
        var owner: Owner
    }

    private var heap: [Entry] = []
    private var current: [Owner: Instant] = [:]

    package init() {}

    /// When the first owner is due.
    package var next: Instant? { heap.first?.instant }

    /// Says when an owner is due next; nil takes it out.
    package mutating func set(_ instant: Instant?, for owner: Owner) {
        guard current[owner] != instant else { return }
        current[owner] = instant
        if let instant { push(Entry(instant: instant, owner: owner)) }
        dropVoid()
    }

    /// Takes out the owner that is due first, if its time has come.
    package mutating func takeDue(now: Instant) -> Owner? {
        guard let first = heap.first, first.instant <= now else { return nil }
        current[first.owner] = nil
        dropVoid()
        return first.owner
    }

    private mutating func dropVoid() {
        while let first = heap.first, current[first.owner] != first.instant { popFirst() }
        if heap.count > 64, heap.count > 4 * current.count { rebuild() }
    }

    private mutating func rebuild() {
        heap = current.map { Entry(instant: $0.value, owner: $0.key) }.sorted { $0.instant < $1.instant }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0, heap[child].instant < heap[(child - 1) / 2].instant {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func popFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { return }
            let right = left + 1
            let least = right < heap.count && heap[right].instant < heap[left].instant ? right : left
            guard heap[least].instant < heap[parent].instant else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
