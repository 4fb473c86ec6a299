/// What one SA's packets in a capture came to.
package struct AssociationCounts: Hashable, Sendable {
    package var packets: UInt64 = 0
    /// Octets of the IP packets that carry them.
    package var octets: UInt64 = 0
    /// Genuine ones; those of an SA without integrity check are counted here, too.
    package var good: UInt64 = 0
    package var bad: UInt64 = 0
    package var replayed: UInt64 = 0
    package var tooOld: UInt64 = 0
    /// Not fit for an integrity check, or genuine and refused for what is inside.
    package var refused: UInt64 = 0
    package var dummies: UInt64 = 0
    package var identical: UInt64 = 0
    package var different: UInt64 = 0
    /// Of genuine packets.
    package var lowestSequence: UInt64?
    package var highestSequence: UInt64 = 0
    /// Numbers between the lowest and the highest that no genuine packet had.
    package var missing: UInt64 = 0

    mutating func note(_ finding: SealedFinding) {
        switch finding.verdict {
        case .good, .unchecked: good += 1
        case .bad: bad += 1
        case .refused: refused += 1
        case .unknown, .unusable: break
        }
        switch finding.replay {
        case .replayed: replayed += 1
        case .tooOld: tooOld += 1
        case .ok, nil: break
        }
        switch finding.inside {
        case .dummy: dummies += 1
        case .refused: refused += 1
        case .packet, nil: break
        }
        switch finding.resealing {
        case .identical: identical += 1
        case .differs: different += 1
        case nil: break
        }
    }

    mutating func note(_ track: SequenceTrack) {
        lowestSequence = track.lowest
        highestSequence = track.highest
        guard let lowest = track.lowest else { return }
        let span = track.highest - lowest + 1
        // A late packet may have filled a gap.
        missing = span > track.accepted + tooOld ? span - track.accepted - tooOld : 0
    }

    /// Packets that a receiver would not have taken, or that we seal otherwise.
    package var failures: UInt64 { bad + replayed + tooOld + refused + different }
}
