public import IPsec

/// Whose deadline comes first among many owners; a heap in which a newer entry makes older ones void.
@usableFromInline
package struct DeadlineQueue<Owner: Hashable & Sendable>: Sendable {
    @usableFromInline
    struct Entry: Sendable {
        /// Nanoseconds of the monotonic clock.
        @usableFromInline let time: Int64
        @usableFromInline let owner: Owner

        @inlinable
        init(_ time: Int64, _ owner: Owner) {
            self.time = time
            self.owner = owner
        }
    }

    @usableFromInline var heap: [Entry] = []
    @usableFromInline var current: [Owner: Int64] = [:]

    @inlinable package init() {}

    /// When the first owner is due.
    @inlinable package var next: Instant? { heap.first.map { Instant(nanoseconds: $0.time) } }

    /// Says when an owner is due next; nil takes it out.
    @inlinable package mutating func set(_ instant: Instant?, for owner: Owner) {
        let time = instant?.nanoseconds
        guard replace(time, for: owner) != time else { return }
        if let time { push(Entry(time, owner)) }
        // The first entry of another owner is as good as it was.
        if let first = heap.first, first.owner == owner { dropVoid() }
        dropMany()
    }

    /// Notes when an owner is due, and says when it was due before.
    @inlinable
    mutating func replace(_ time: Int64?, for owner: Owner) -> Int64? {
        guard let time else { return current.removeValue(forKey: owner) }
        return current.updateValue(time, forKey: owner)
    }

    /// Takes out the owner that is due first, if its time has come.
    @inlinable package mutating func takeDue(now: Instant) -> Owner? {
        guard let first = heap.first, first.time <= now.nanoseconds else { return nil }
        current[first.owner] = nil
        dropVoid()
        dropMany()
        return first.owner
    }

    @inlinable
    mutating func dropVoid() {
        while let first = heap.first, current[first.owner] != first.time { popFirst() }
    }

    /// Takes void entries out many at a time: as many as there are others.
    @inlinable
    mutating func dropMany() {
        if heap.count > 64, heap.count > 2 * current.count { rebuild() }
    }

    @inlinable
    mutating func rebuild() {
        heap = current.map { Entry($0.value, $0.key) }.sorted { $0.time < $1.time }
    }

    @inlinable
    mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0, heap[child].time < heap[(child - 1) / 2].time {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    @inlinable
    mutating func popFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { return }
            let right = left + 1
            let least = right < heap.count && heap[right].time < heap[left].time ? right : left
            guard heap[least].time < heap[parent].time else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
