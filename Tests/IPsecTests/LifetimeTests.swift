import Testing

@testable import IPsec

@Suite("Lifetimes")
struct LifetimeTests {
    @Test("what is set is what is read, also none, nothing and the longest")
    func limits() {
        var lifetime = Lifetime.unlimited
        #expect(lifetime.hardTime == nil && lifetime.hardBytes == nil && lifetime.softUseTime == nil)
        for time in [Duration.zero, .nanoseconds(1), .seconds(28800), .seconds(1 << 32), nil] {
            lifetime.hardTime = time
            lifetime.softUseTime = time
            #expect(lifetime.hardTime == time && lifetime.softUseTime == time)
        }
        for count in [0, 1, UInt64.max - 1, nil] {
            lifetime.hardBytes = count
            lifetime.softPackets = count
            #expect(lifetime.hardBytes == count && lifetime.softPackets == count)
        }
    }

    @Test("what no host lives to see is no limit")
    func longest() {
        #expect(Lifetime(hardTime: .seconds(Int64.max)).hardTime == nil)
        #expect(Lifetime(softTime: .seconds(Int64.max / 1_000_000_000) + .seconds(1)).softTime == nil)
        #expect(Lifetime(hardBytes: .max) == .unlimited)
        #expect(MemoryLayout<Lifetime>.size == 64)
    }
}
