/// Which of several values counts: that of the lowest priority number, of those the oldest.
struct SelectorRank: Hashable, Comparable, Sendable {
    /// The lower comes first.
    let order: UInt128

    /// - Parameter number: goes up with each policy that is made.
    init(priority: UInt32, number: UInt64) {
        order = UInt128(priority) << 64 | UInt128(number)
    }

    /// Behind every other.
    static let last = SelectorRank(priority: .max, number: .max)

    @inline(__always)
    static func < (left: Self, right: Self) -> Bool { left.order < right.order }
}
