import ESP
import IPsec
import TestSupport
import Testing

/// The window done the slow, plain way.
private struct NaiveWindow {
    let size: UInt64
    var highest: UInt64 = 0
    var seen: Set<UInt64> = []

    func check(_ sequence: UInt64) -> DropReason? {
        if sequence == 0 { return .sequenceZero }
        if sequence > highest { return nil }
        if sequence + size <= highest { return .tooOld }
        return seen.contains(sequence) ? .replayed : nil
    }

    mutating func accept(_ sequence: UInt64) {
        highest = max(highest, sequence)
        seen.insert(sequence)
    }
}

struct ReplayWindowTests {
    private func verdict(_ window: ReplayWindow, _ sequence: UInt64) -> DropReason? {
        do throws(DropReason) {
            try window.check(sequence)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [1, 32, 33, 63, 64, 65, 100, 128, 1000, 1024, 4096] as [UInt32])
    func agreesWithThePlainWindow(_ size: UInt32) {
        for seed in 0..<20 as Range<UInt64> {
            var random = FixedRandom(seed: seed)
            var window = ReplayWindow(size: size)
            var naive = NaiveWindow(size: UInt64(size))
            let reach = Int64(size) + 70
            for _ in 0..<600 {
                let jump: Int64 =
                    switch random.next() % 8 {
                    case 0: Int64.random(in: -reach...(4 * reach), using: &random)
                    case 1, 2: 1
                    default: Int64.random(in: -reach...20, using: &random)
                    }
                let sequence = UInt64(max(0, Int64(naive.highest) + jump))
                let expected = naive.check(sequence)
                #expect(verdict(window, sequence) == expected, "size \(size) seed \(seed) at \(sequence)")
                guard expected == nil else { continue }
                window.accept(sequence)
                naive.accept(sequence)
            }
            #expect(window.highest == naive.highest)
        }
    }

    /// Around the turn of the low half, from which alone the receiver must find each number.
    @Test(arguments: [32, 33, 64, 100, 1000, 1024, 4095, 4096] as [UInt32])
    func extendedNumbersAgreeWithThePlainWindow(_ size: UInt32) {
        for seed in 0..<10 as Range<UInt64> {
            var random = FixedRandom(seed: seed)
            let start = UInt64(seed + 1) << 32 - UInt64(size) / 2 - 20
            var window = ReplayWindow(
                SADEntry.ReplayProtection(
                    window: size, usesExtendedSequenceNumbers: true, inboundSequence: start))
            var naive = NaiveWindow(size: UInt64(size), highest: start)
            for _ in 0..<600 {
                let jump: Int64 =
                    switch random.next() % 16 {
                    case 0: Int64.random(in: 0...(1 << 32 - Int64(size)), using: &random)
                    case 1, 2, 3: 1
                    default: Int64.random(in: 1 - Int64(size)...10, using: &random)
                    }
                let sequence = UInt64(Int64(naive.highest) + jump)
                let found = window.sequence(UInt32(truncatingIfNeeded: sequence))
                #expect(found == sequence, "size \(size) seed \(seed), highest \(naive.highest)")
                let expected = naive.check(sequence)
                #expect(verdict(window, found) == expected)
                guard expected == nil else { continue }
                window.accept(found)
                naive.accept(found)
            }
            #expect(window.highest == naive.highest)
        }
    }

    @Test func farJumpsForgetEverything() {
        var window = ReplayWindow(size: 64)
        window.accept(5)
        window.accept(UInt64(UInt32.max))
        #expect(verdict(window, 5) == .tooOld)
        #expect(verdict(window, UInt64(UInt32.max)) == .replayed)
        #expect(verdict(window, UInt64(UInt32.max) - 63) == nil)
        #expect(verdict(window, UInt64(UInt32.max) - 64) == .tooOld)
    }

    @Test func noWindowChecksNothing() {
        var window = ReplayWindow(size: 0)
        window.accept(7)
        #expect(verdict(window, 7) == nil)
        #expect(verdict(window, 0) == nil)
    }

    @Test func theLargestWindowIsBounded() {
        #expect(ReplayWindow(size: .max).size == 4096)
    }
}

/// Windows that a database has begun.
struct ResumedReplayWindowTests {
    private func refused(_ replay: SADEntry.ReplayProtection, _ numbers: ClosedRange<UInt64>) -> [UInt64] {
        let window = ReplayWindow(replay)
        return numbers.filter { number in
            do throws(DropReason) {
                try window.check(number)
                return false
            } catch {
                return true
            }
        }
    }

    /// Bit n stands for the n-th number before the highest.
    @Test func aNarrowWindowCountsBack() {
        var replay = SADEntry.ReplayProtection(window: 32, inboundSequence: 100)
        replay.bitmap = [0b1011]
        #expect(refused(replay, 70...110) == [97, 99, 100])
        #expect(refused(replay, 66...72) == [66, 67, 68])
    }

    /// Each number has its place in the ring: number 1 the first, and so on round and round.
    @Test func aWideWindowIsARing() {
        var replay = SADEntry.ReplayProtection(window: 64, inboundSequence: 130)
        // 129 and 130 have gone round twice, 68 once.
        replay.bitmap = [0b1011, 0]
        #expect(refused(replay, 67...140) == [68, 129, 130])
    }

    @Test func theRingOfExtendedNumbersTurnsByTheirLowHalf() {
        var replay = SADEntry.ReplayProtection(
            window: 96, usesExtendedSequenceNumbers: true, inboundSequence: 1 << 32 | 2)
        // The low half 2 has place 1; 1 place 0; 0 place 95.
        replay.bitmap = [0b11, 0, 1 << 31]
        let start: UInt64 = 1 << 32
        #expect(refused(replay, start - 90...start + 9) == [start, start + 1, start + 2])
    }

    @Test func aShortBitmapIsNoHarm() {
        var replay = SADEntry.ReplayProtection(window: 4096, inboundSequence: 5000)
        replay.bitmap = [0]
        #expect(refused(replay, 905...5001).isEmpty)
        replay.window = .max
        #expect(refused(replay, 905...5001).isEmpty)
    }
}
