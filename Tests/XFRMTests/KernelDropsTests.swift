import IPsec
import Testing

@testable import XFRM

struct KernelDropsTests {
    @Test func tellsWhatGrew() {
        let before = KernelDrops("XfrmInError\t0\nXfrmInNoStates   \t7\nXfrmInNoPols 3\n")
        let after = KernelDrops("XfrmInError\t1\nXfrmInNoStates   \t9\nXfrmInNoPols 3\nXfrmNew 4\nnonsense\n")
        let drops = after.since(before)
        #expect(drops.map(\.name) == ["XfrmInError", "XfrmInNoStates", "XfrmNew"])
        #expect(drops.map(\.count) == [1, 2, 4])
        #expect(drops[1].sentence.contains("SPI"))
        #expect(drops[2].sentence.contains("xfrm_stat"))
    }

    @Test func aCounterThatBeganAgainCountsNothing() {
        #expect(KernelDrops("XfrmInError 1").since(KernelDrops("XfrmInError 5")).isEmpty)
    }

    /// Whatever this kernel counts, we have a sentence for it.
    @Test func knowsThisKernelsCounters() {
        for drop in KernelDrops.now.since(KernelDrops("")) { #expect(!drop.sentence.isEmpty) }
    }
}
