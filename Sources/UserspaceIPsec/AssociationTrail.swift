import ESP
import IPsec

/// The SAs that a packet has come through, the outermost first; in place, so that handing it on allocates nothing.
struct AssociationTrail: Sendable {
    private var entries = InlineArray<6, InboundAssociation?>(repeating: nil)
    private(set) var count = 0

    init() {}

    init(_ entry: InboundAssociation) {
        append(entry)
    }

    /// Whether the packet may go through no more of them.
    var isFull: Bool { count == min(entries.count, InboundChain.maximumDepth) }

    var last: InboundAssociation? { count > 0 ? self[count - 1] : nil }

    /// Adds one; there must be room.
    mutating func append(_ entry: InboundAssociation) {
        entries[count] = entry
        count += 1
    }

    /// Number `index`, from 0 on; it must be one of those there are.
    subscript(index: Int) -> InboundAssociation {
        guard index < count, let entry = entries[index] else { preconditionFailure("no such SA") }
        return entry
    }
}
