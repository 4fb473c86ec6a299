internal import ESP
internal import IPsec

/// The sequence numbers of one SA's genuine packets: which were seen, and which are missing.
struct SequenceTrack {
    /// Tells the high half of extended numbers.
    private var numbering: ReplayWindow
    private var window: ReplayWindow
    private(set) var lowest: UInt64?
    private(set) var highest: UInt64 = 0
    private(set) var accepted: UInt64 = 0

    /// - Parameter start: where the high half of extended numbers is taken from.
    init(window size: UInt32, isExtended: Bool, start: UInt64) {
        let begin = SADEntry.ReplayProtection(
            usesExtendedSequenceNumbers: isExtended, inboundSequence: isExtended ? start : 0)
        numbering = ReplayWindow(begin)
        var replay = begin
        replay.window = size
        window = ReplayWindow(replay)
    }

    /// The whole number of a packet that carries its low half.
    func sequence(_ low: UInt32) -> UInt64 { numbering.sequence(low) }

    /// Notes a genuine packet; how many numbers are missing between the last ones and this.
    mutating func note(_ sequence: UInt64) -> (verdict: SealedFinding.ReplayVerdict, gap: UInt64) {
        let verdict = verdict(sequence)
        numbering.accept(sequence)
        guard verdict == .ok else { return (verdict, 0) }
        window.accept(sequence)
        accepted += 1
        let gap = lowest != nil && sequence > highest ? sequence - highest - 1 : 0
        lowest = min(lowest ?? sequence, sequence)
        highest = max(highest, sequence)
        return (verdict, gap)
    }

    private func verdict(_ sequence: UInt64) -> SealedFinding.ReplayVerdict {
        do throws(DropReason) {
            try window.check(sequence)
            return .ok
        } catch {
            return error == .tooOld ? .tooOld : .replayed
        }
    }
}
