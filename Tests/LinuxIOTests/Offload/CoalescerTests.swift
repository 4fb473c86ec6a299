import Testing

@testable import LinuxIO

@Suite struct CoalescerTests {
    /// Segments of one flow, each of `size` octets.
    private func segments(_ count: Int, size: Int = 100, isIPv4: Bool = true) -> [SamplePacket] {
        (0..<count).map { index in
            var sample = SamplePacket(isIPv4: isIPv4)
            sample.payload = SamplePacket.payload(size, from: index * size)
            sample.sequence &+= UInt32(index * size)
            sample.identification &+= UInt16(index)
            return sample
        }
    }

    @Test(arguments: [true, false])
    func segmentsInARowLeaveAsOne(isIPv4: Bool) throws {
        var packets = segments(5, isIPv4: isIPv4)
        packets[4].payload = [1, 2, 3]
        packets[4].flags = 0x18
        var expected = packets[0]
        expected.payload = packets.flatMap(\.payload)
        expected.flags = 0x18
        let large = expected.large(segmentSize: 100)
        let joined = join(packets.map(\.octets))
        #expect(joined.count == 1)
        #expect(joined.first?.header == large.header)
        #expect(joined.first?.octets == large.octets)
    }

    @Test func whatIsCutIsJoinedAgain() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var sample = SamplePacket(isIPv4: .random())
            sample.sequence = random.next()
            sample.identification = random.next()
            sample.flags = [0x10, 0x18, 0x50].randomElement() ?? 0
            sample.options = [[], sample.options].randomElement() ?? []
            sample.fragmentWord = [0, 0x4000].randomElement() ?? 0
            let size = Int.random(in: 1...1400)
            sample.payload = SamplePacket.payload(.random(in: size + 1...size * 45), from: size)
            let large = sample.large(segmentSize: size)
            let joined = join(try cut(large.header, large.octets))
            #expect(joined.count == 1)
            #expect(joined.first?.header == large.header)
            #expect(joined.first?.octets == large.octets)
        }
    }

    private static let changes: [@Sendable (inout SamplePacket) -> Void] = [
        { $0.sequence &+= 1 },
        { $0.acknowledgement += 1 },
        { $0.flags = 0x11 },
        { $0.flags = 0x90 },
        { $0.flags = 0x30 },
        { $0.flags = 0x50 },
        { $0.trafficClass = 3 },
        { $0.hopLimit = 63 },
        { $0.ports.1 = 80 },
        { $0.options[11] = 9 },
        { $0.options = [] },
        { $0.payload = [] },
        { $0.payload += [1] },
        { $0.fragmentWord = 0x6000 },
        { $0.fragmentWord = 0 },
        { $0.hasGoodChecksum = false },
        { $0.transport = .udp },
    ]

    @Test(arguments: changes.indices)
    func whatIsOfAnotherKindLeavesAsItCame(change: Int) {
        var packets = segments(2)
        Self.changes[change](&packets[1])
        let joined = join(packets.map(\.octets))
        #expect(joined.map(\.octets) == packets.map(\.octets))
        #expect(joined.allSatisfy { $0.header == VirtioHeader() })
    }

    @Test func identificationsCountWhereFragmentsAreAllowed() {
        var packets = segments(3)
        for index in packets.indices { packets[index].fragmentWord = 0 }
        #expect(join(packets.map(\.octets)).count == 1)
        packets[2].identification &+= 1
        #expect(join(packets.map(\.octets)).count == 2)
    }

    @Test func aBadChecksumIsNotLaundered() {
        var packets = segments(3)
        packets[0].hasGoodChecksum = false
        let joined = join(packets.map(\.octets))
        #expect(joined.count == 2)
        #expect(joined.first?.octets == packets[0].octets)
        #expect(joined.first?.header == VirtioHeader())
    }

    @Test func flowsKeepTheirOrder() {
        var other = segments(3)
        for index in other.indices { other[index].ports.0 = 50_000 }
        let one = segments(4)
        var acknowledgement = one[2]
        acknowledgement.payload = []
        let packets = [one[0], other[0], one[1], other[1], acknowledgement, one[2], other[2], one[3]]
        let joined = join(packets.map(\.octets)).map(\.octets)
        func merged(_ parts: [SamplePacket]) -> [UInt8] {
            var sample = parts[0]
            sample.payload = parts.flatMap(\.payload)
            return sample.large(segmentSize: 100).octets
        }
        #expect(
            joined == [
                merged([one[0], one[1]]), merged(other), acknowledgement.octets, merged([one[2], one[3]]),
            ])
    }

    @Test func packetsDoNotOutgrowTheirLength() {
        let joined = join(segments(100, size: 1400).map(\.octets))
        #expect(joined.count == 3)
        #expect(joined.allSatisfy { $0.octets.count <= 65_535 })
        #expect(joined.reduce(0) { $0 + $1.octets.count - 52 } == 140_000)
    }

    @Test func anythingMayCome() {
        let whole = segments(1)[0].octets
        let packets = (0...whole.count).map { Array(whole[..<$0]) }
        #expect(join(packets).map(\.octets) == packets)
    }
}
