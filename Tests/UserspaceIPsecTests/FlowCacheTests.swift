import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct FlowCacheTests {
    @Test func whatWasNotedIsToldUntilItIsForgotten() throws {
        var cache = FlowCache<Int>(sizeBits: 4)
        let flow = try PolicyTableTests.flow(1, 2)
        #expect(cache[flow] == nil)
        cache.note(7, for: flow)
        #expect(cache[flow] == 7)
        #expect(try cache[PolicyTableTests.flow(1, 2, ports: (1000, 2001))] == nil)
        cache.note(8, for: flow)
        #expect(cache[flow] == 8)
        cache.removeAll()
        #expect(cache[flow] == nil)
    }

    /// However many flows come by, it holds no more than it has places, and never tells one flow what is another's.
    @Test func aFloodOfFlowsTakesNoMoreRoom() throws {
        var cache = FlowCache<UInt32>(sizeBits: 4)
        for number in 0..<2000 as Range<UInt32> {
            cache.note(number, for: try PolicyTableTests.flow(number, 9))
        }
        var held = 0
        for number in 0..<2000 as Range<UInt32> {
            guard let told = try cache[PolicyTableTests.flow(number, 9)] else { continue }
            #expect(told == number)
            held += 1
        }
        #expect((1...cache.capacity).contains(held))
    }

    @Test func itIsNoWiserThanTheTable() throws {
        let policies = try [Samples.policy(.outbound), Samples.policy(.outbound, from: "10.1.0.0/25")]
        let table = PolicyTable(policies.map { PolicyRule($0) })
        var cache = FlowCache<PolicyRule>(sizeBits: 3)
        for _ in 0..<3 {
            for number in 0..<64 as Range<UInt32> {
                let flow = try PolicyTableTests.flow(0x0a01_0000 + number * 8, 0x0a02_0001)
                let told = table.rule(for: flow, remembered: &cache)
                #expect(told?.policy == table.rule(for: flow)?.policy)
            }
        }
    }
}
