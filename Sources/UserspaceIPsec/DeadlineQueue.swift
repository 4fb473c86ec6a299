import IPsec

/// When SAs reach their limits, the next first.
struct DeadlineQueue: Sendable {
    enum Kind: UInt64, Sendable {
        case larval
        case soft
        case hard
    }

    /// A limit of one SA.
    struct Deadline: Sendable {
        let at: Instant
        let kind: Kind
        let id: SecurityAssociationID
        /// The SA's number among those of its kind.
        let number: UInt64

        fileprivate var key: RadixKey {
            // With the sign turned round, the earlier is the lower number.
            let time = UInt64(bitPattern: at.nanoseconds) ^ 1 << 63
            return RadixKey(UInt128(time) << 64 | UInt128(number << 2 | kind.rawValue))
        }
    }

    private var deadlines = RadixTree<Deadline>()

    var first: Deadline? { deadlines.first }

    mutating func add(_ deadline: Deadline) {
        deadlines.update(deadline.key) { _ in deadline }
    }

    /// Does nothing if it is not there.
    mutating func remove(_ deadline: Deadline) {
        deadlines.update(deadline.key) { _ in nil }
    }
}
