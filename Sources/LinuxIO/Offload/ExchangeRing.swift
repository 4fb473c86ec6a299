import Synchronization

/// A bounded queue from one thread to one other, in which whoever puts something in gets something used back.
///
/// What is exchanged are values whose room has been made once, so that nothing is allocated or copied on the way.
@safe
package final class ExchangeRing<Element: Sendable>: @unchecked Sendable {  // why: one thread a place
    // `head` and `tail` say which.
    // Not an array: two threads work on different places at the same time.
    private let places: UnsafeMutablePointer<Element>
    private let capacity: Int
    private let mask: Int
    /// How many have been taken out.
    private let head = Atomic<Int>(0)
    /// How many have been put in.
    private let tail = Atomic<Int>(0)

    /// Room for `capacity` elements, rounded up to a power of two, each made by `make`.
    package init(capacity: Int, _ make: () -> Element) {
        var count = 1
        while count < capacity { count *= 2 }
        unsafe places = .allocate(capacity: count)
        for place in 0..<count { unsafe (places + place).initialize(to: make()) }
        self.capacity = count
        mask = count - 1
    }

    deinit {
        unsafe places.deinitialize(count: capacity)
        unsafe places.deallocate()
    }

    /// Exchanges `element` for a used one and leaves it for the other thread; false, and nothing done, if it is full.
    ///
    /// For one thread alone.
    package func put(_ element: inout Element) -> Bool {
        let tail = tail.load(ordering: .relaxed)
        guard tail - head.load(ordering: .acquiring) < capacity else { return false }
        unsafe swap(&places[tail & mask], &element)
        self.tail.store(tail + 1, ordering: .releasing)
        return true
    }

    /// Exchanges `element`, a used one, for what was left first; false, and nothing done, if there is nothing.
    ///
    /// For one other thread alone.
    package func take(_ element: inout Element) -> Bool {
        let head = head.load(ordering: .relaxed)
        guard head < tail.load(ordering: .acquiring) else { return false }
        unsafe swap(&places[head & mask], &element)
        self.head.store(head + 1, ordering: .releasing)
        return true
    }
}
