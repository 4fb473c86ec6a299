import Testing

@testable import LinuxIO

@Suite struct SegmentedPacketTests {
    @Test(arguments: [
        (true, SamplePacket.Transport.tcp), (false, .tcp), (true, .udp), (false, .udp),
    ])
    func everySegmentIsAPacketOfItsOwn(isIPv4: Bool, transport: SamplePacket.Transport) throws {
        var sample = SamplePacket(isIPv4: isIPv4, transport: transport)
        sample.payload = SamplePacket.payload(2501)
        let (header, octets) = sample.large(segmentSize: 1000)
        let segments = try cut(header, octets)
        #expect(segments.map { $0.count - sample.headerCount } == [1000, 1000, 501])
        #expect(segments.flatMap { $0[sample.headerCount...] } == sample.payload)
        for (index, segment) in segments.enumerated() {
            #expect(SamplePacket.hasGoodChecksums(segment))
            var expected = sample
            expected.payload = Array(segment[sample.headerCount...])
            expected.identification &+= UInt16(index)
            expected.sequence &+= UInt32(1000 * index)
            #expect(segment == expected.octets)
        }
    }

    @Test func flagsGoToTheSegmentsTheyAreFor() throws {
        var sample = SamplePacket()
        sample.payload = SamplePacket.payload(30)
        // CWR, ECE, ACK, PSH, FIN
        sample.flags = 0xd9
        let (header, octets) = sample.large(segmentSize: 10)
        #expect(try cut(header, octets).map { $0[33] } == [0xd0, 0x50, 0x59])
    }

    @Test func aPacketThatFitsIsCompletedAlone() throws {
        var sample = SamplePacket()
        sample.payload = SamplePacket.payload(9)
        let (header, octets) = sample.large(segmentSize: 10)
        #expect(try cut(header, octets) == [sample.octets])
    }

    @Test func aPartialChecksumIsCompleted() throws {
        for transport in [SamplePacket.Transport.tcp, .udp] {
            let sample = SamplePacket(transport: transport, payload: SamplePacket.payload(77))
            var (header, octets) = sample.large(segmentSize: 1)
            header.segmentation = .none
            octets = [9] + octets
            var span = octets.mutableSpan
            try header.completeChecksum(in: &span, 1..<span.count)
            #expect(Array(octets[1...]) == sample.octets)
        }
    }

    private static let changes: [@Sendable (inout VirtioHeader) -> Void] = [
        { $0.segmentSize = 0 },
        { $0.needsChecksum = false },
        { $0.checksumStart = 24 },
        { $0.checksumStart = 0xffff },
        { $0.checksumOffset = 6 },
        { $0.segmentation = .udp },
        { $0.segmentation = .none },
    ]

    @Test(arguments: changes.indices)
    func whatDoesNotFitIsRefused(change: Int) {
        let sample = SamplePacket(payload: SamplePacket.payload(50))
        var (header, octets) = sample.large(segmentSize: 10)
        Self.changes[change](&header)
        #expect(throws: SegmentedPacket.Failure.malformed) { try cut(header, octets) }
    }

    @Test func truncatedPacketsAreRefusedWithoutACrash() {
        let (header, octets) = SamplePacket(payload: SamplePacket.payload(50)).large(segmentSize: 10)
        for count in 0..<52 {
            #expect(throws: SegmentedPacket.Failure.malformed) { try cut(header, Array(octets[..<count])) }
        }
    }

    @Test func headersAreReadAsTheyAreWritten() {
        let (header, _) = SamplePacket(payload: [1]).large(segmentSize: 1386)
        var octets = [UInt8](repeating: 0xff, count: 12)
        var span = octets.mutableSpan
        header.write(to: &span, at: 1)
        #expect(VirtioHeader(octets.span.extracting(1..<11)) == header)
        // As the kernel wrote it for a TCP packet over IPv4, on a host whose order is little-endian.
        if UInt16(1).littleEndian == 1 {
            let seen: [UInt8] = [1, 1, 0x34, 0, 0x6a, 5, 0x14, 0, 0x10, 0]
            #expect(Array(octets[1..<11]) == seen)
        }
        #expect(VirtioHeader([0, 3, 0, 0, 0, 0, 0, 0, 0, 0].span) == nil, "UDP fragments are not asked for")
        #expect(VirtioHeader([0, 0, 0, 0, 0, 0, 0, 0, 0].span) == nil)
    }
}
