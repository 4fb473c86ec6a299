import ESP
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
