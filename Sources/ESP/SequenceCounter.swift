internal import IPsec

/// The sequence numbers that an SA gives to the packets it sends (RFC 4303 section 3.3.3).
///
/// They are counted in 64 bits whatever a packet carries, so that none, and no IV made of one, comes twice.
struct SequenceCounter: Sendable {
    /// The last number used; 0 before the first.
    private(set) var last: UInt64
    private let isExtended: Bool
    private let maximum: UInt64

    init(_ association: SecurityAssociation) {
        last = association.replay.outboundSequence
        isExtended = association.usesExtendedSequenceNumbers
        let goesOn = isExtended || association.flags.contains(.sequenceMayWrap)
        maximum = goesOn ? .max : UInt64(UInt32.max)
    }

    /// The number of the next packet; it is not used up before `use`.
    func next() throws(DropReason) -> UInt64 {
        guard last < maximum else { throw .sequenceExhausted }
        return last + 1
    }

    /// The half of a number that the ICV covers and the packet does not carry; nil where there is no such.
    func high(_ sequence: UInt64) -> UInt32? {
        isExtended ? UInt32(truncatingIfNeeded: sequence >> 32) : nil
    }

    /// Notes a number that a packet has got.
    mutating func use(_ sequence: UInt64) {
        last = sequence
    }
}
