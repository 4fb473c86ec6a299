import TestSupport
import Testing

@testable import Negotiation

@Suite("Small sets")
struct SmallSetTests {
    @Test("it holds what a set holds, whatever comes and goes", arguments: UInt64(0)..<20)
    func likeASet(seed: UInt64) {
        var random = FixedRandom(seed: seed)
        var small = SmallSet<Int>()
        var reference: Set<Int> = []
        for _ in 0..<200 {
            let element = Int(random.next() % 4)
            if random.next() % 2 == 0 {
                small.insert(element)
                reference.insert(element)
            } else {
                small.remove(element)
                reference.remove(element)
            }
            #expect(small.elements == reference)
            #expect(small.isEmpty == reference.isEmpty)
        }
    }
}
