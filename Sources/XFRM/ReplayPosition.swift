import IPsec
import Netlink
import Wire

/// The replay check as the kernel keeps it: in the SA's own structure with an attribute for the position, or (for
/// extended sequence numbers and wide windows) in an attribute that has both.
extension SADEntry.ReplayProtection {
    /// Whether the form with a bitmap of any width is needed.
    var isWide: Bool { usesExtendedSequenceNumbers || window > XFRMValue.plainReplayWindowLimit }

    private var isAtStart: Bool { outboundSequence == 0 && inboundSequence == 0 && bitmap.isEmpty }

    /// Words of 32 bits that the window takes.
    fileprivate var bitmapWords: Int { Int((window + 31) / 32) }

    /// Whether the attribute of the plain form has anything to say.
    fileprivate var needsPlainValue: Bool { !isWide && !isAtStart }
}

extension NetlinkRequest {
    /// Appends the attribute of the replay check, where one is needed.
    mutating func put(_ replay: SADEntry.ReplayProtection) {
        if replay.isWide {
            putWide(replay)
        } else if replay.needsPlainValue {
            putPlain(replay)
        }
    }

    /// Appends xfrm_replay_state_esn.
    private mutating func putWide(_ replay: SADEntry.ReplayProtection) {
        putAttribute(XFRMAttribute.replayState) { attribute in
            attribute.put(UInt32(replay.bitmapWords))
            attribute.put(UInt32(truncatingIfNeeded: replay.outboundSequence))
            attribute.put(UInt32(truncatingIfNeeded: replay.inboundSequence))
            attribute.put(UInt32(truncatingIfNeeded: replay.outboundSequence >> 32))
            attribute.put(UInt32(truncatingIfNeeded: replay.inboundSequence >> 32))
            attribute.put(replay.window)
            let given = replay.bitmap.prefix(replay.bitmapWords)
            for word in given { attribute.put(word) }
            attribute.putZeros(4 * (replay.bitmapWords - given.count))
        }
    }

    /// Appends xfrm_replay_state.
    mutating func putPlain(_ replay: SADEntry.ReplayProtection) {
        putAttribute(XFRMAttribute.replayValue) { attribute in
            attribute.put(UInt32(truncatingIfNeeded: replay.outboundSequence))
            attribute.put(UInt32(truncatingIfNeeded: replay.inboundSequence))
            attribute.put(replay.bitmap.first ?? 0)
        }
    }
}

extension Span where Element == UInt8 {
    /// Takes xfrm_replay_state_esn.
    mutating func takeKernelReplayState() throws(WireError) -> SADEntry.ReplayProtection {
        let words = Int(try takeHostUInt32())
        let outbound = try takeHostUInt32()
        let inbound = try takeHostUInt32()
        let outboundHigh = try takeHostUInt32()
        let inboundHigh = try takeHostUInt32()
        var replay = SADEntry.ReplayProtection(
            window: try takeHostUInt32(),
            outboundSequence: UInt64(outboundHigh) << 32 | UInt64(outbound),
            inboundSequence: UInt64(inboundHigh) << 32 | UInt64(inbound))
        for _ in 0..<Swift.min(words, count / 4) { replay.bitmap.append(try takeHostUInt32()) }
        replay.forgetEmptyBitmap()
        return replay
    }

    /// Takes xfrm_replay_state, whose window is told elsewhere.
    mutating func takeKernelReplayValue() throws(WireError) -> SADEntry.ReplayProtection {
        var replay = SADEntry.ReplayProtection(
            outboundSequence: UInt64(try takeHostUInt32()), inboundSequence: UInt64(try takeHostUInt32()))
        replay.bitmap = [try takeHostUInt32()]
        replay.forgetEmptyBitmap()
        return replay
    }
}

extension SADEntry.ReplayProtection {
    fileprivate mutating func forgetEmptyBitmap() {
        if bitmap.allSatisfy({ $0 == 0 }) { bitmap = [] }
    }
}
