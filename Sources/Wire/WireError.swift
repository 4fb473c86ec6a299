/// Why bytes could not be read or written.
@usableFromInline package enum WireError: Error, Hashable, Sendable {
    /// The input ends before the item does. Both figures are octets.
    case truncated(needed: Int, available: Int)
    /// A value does not fit the field that has to carry it.
    case fieldOverflow(value: Int, maximum: Int)
}
