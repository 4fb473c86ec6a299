package import IPsec

/// Which of the latest sequence numbers have been seen (RFC 4303 section 3.4.3, RFC 6479).
///
/// Numbers are 64 bits wide so that extended ones fit. The storage is a ring of words, of which advancing
/// clears only those newly entered.
package struct ReplayWindow: Sendable {
    /// The largest window there is, packets.
    package static let maximumSize = 4096

    /// Packets; 0 checks nothing.
    package let size: UInt64
    /// The highest number seen; 0 before the first.
    package private(set) var highest: UInt64 = 0
    private let isExtended: Bool
    private var words: [UInt64]
    private let wordMask: UInt64

    /// Makes a window of `size` packets, at most `maximumSize`; 0 for none.
    package init(size: UInt32, isExtended: Bool = false) {
        self.isExtended = isExtended
        self.size = UInt64(min(size, UInt32(Self.maximumSize)))
        // One word more than the window needs: the word being entered may be only partly inside it.
        var count = 1
        while count * 64 < Int(self.size) + 64 { count *= 2 }
        words = Array(repeating: 0, count: count)
        wordMask = UInt64(count - 1)
    }

    /// Makes a window that knows what a database knows of the packets that came.
    ///
    /// A database writes a window of at most 32 packets as bits counted back from the highest number, a wider
    /// one and that of extended numbers as a ring that each number has its place in.
    package init(_ replay: SADEntry.ReplayProtection) {
        self.init(size: replay.window, isExtended: replay.usesExtendedSequenceNumbers)
        highest = replay.inboundSequence
        guard size > 0, highest > 0 else { return }
        let isRing = replay.usesExtendedSequenceNumbers || replay.window > 32
        let ringSize = UInt64(replay.window)
        // The ring is turned by the low half alone.
        let top = UInt64(UInt32(truncatingIfNeeded: highest) &- 1) % ringSize
        for distance in 0..<min(size, highest) {
            let sequence = highest - distance
            let place = isRing ? (top + ringSize - distance) % ringSize : distance
            let word = Int(place / 32)
            guard word < replay.bitmap.count, replay.bitmap[word] >> UInt32(place % 32) & 1 == 1 else {
                continue
            }
            words[self.word(of: sequence)] |= bit(of: sequence)
        }
    }

    /// The whole of a number of which a packet carries the low half (RFC 4303 appendix A2.2).
    ///
    /// It is the one at or above the window's lower edge; without a window, the one nearest to the highest seen.
    /// Without extended numbers there is no high half.
    package func sequence(_ low: UInt32) -> UInt64 {
        guard isExtended else { return UInt64(low) }
        let span = size > 0 ? size : Self.nearestSpan
        let bottom = highest >= span - 1 ? highest - (span - 1) : 0
        // The distance from the lower edge, counted round the low half.
        return bottom &+ UInt64(low &- UInt32(truncatingIfNeeded: bottom))
    }

    /// The half of a number that the ICV covers and the packet does not carry; nil where there is no such.
    func high(_ sequence: UInt64) -> UInt32? {
        isExtended ? UInt32(truncatingIfNeeded: sequence >> 32) : nil
    }

    /// How far back a number may lie where no window says.
    private static let nearestSpan: UInt64 = 1 << 31

    /// Refuses a number that was seen or is too old; before the integrity of its packet is known.
    package func check(_ sequence: UInt64) throws(DropReason) {
        guard size > 0 else { return }
        guard sequence > 0 else { throw .sequenceZero }
        guard sequence <= highest else { return }
        guard highest - sequence < size else { throw .tooOld }
        guard words[word(of: sequence)] & bit(of: sequence) == 0 else { throw .replayed }
    }

    /// Notes a number whose packet is genuine and passed `check`.
    package mutating func accept(_ sequence: UInt64) {
        if sequence > highest {
            if size > 0 { clear(from: highest / 64 &+ 1, through: sequence / 64) }
            highest = sequence
        }
        guard size > 0 else { return }
        words[word(of: sequence)] |= bit(of: sequence)
    }

    private mutating func clear(from first: UInt64, through last: UInt64) {
        guard first <= last else { return }
        let count = min(last - first + 1, UInt64(words.count))
        for step in 0..<count { words[Int((last - step) & wordMask)] = 0 }
    }

    private func word(of sequence: UInt64) -> Int { Int(sequence / 64 & wordMask) }
    private func bit(of sequence: UInt64) -> UInt64 { 1 << (sequence % 64) }
}
