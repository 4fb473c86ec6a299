import CaptureFile
import PacketAudit
import SADText
import Testing

/// Captures made of others.
struct CaptureOutputTests {
    private static let header = [UInt8](repeating: 2, count: 12) + [8, 0]

    private static func frame() -> CapturedPacket {
        var packet = Samples.plain()
        packet.linkType = .ethernet
        packet.bytes = header + packet.bytes
        packet.originalCount = packet.bytes.count
        return packet
    }

    private static func read(_ octets: [UInt8]) throws -> [CapturedPacket] {
        var rest = octets
        var reader = try CaptureReader { () throws(CaptureFailure) in
            defer { rest = [] }
            return rest
        }
        var packets: [CapturedPacket] = []
        while let packet = try reader.next() { packets.append(packet) }
        return packets
    }

    @Test(
        arguments: CaptureOutput.Framing.allCases, [CaptureForm(.pcap(.nanoseconds)), CaptureForm(.pcapng)])
    func writesWhatIsOpenedAndKept(_ framing: CaptureOutput.Framing, _ form: CaptureForm) throws {
        let captured = Self.frame()
        let frame = try LinkFrame(captured.bytes.span, .ethernet)
        let inner = Samples.plain(count: 3).bytes
        var output = CaptureOutput(form, framing)
        var octets = try output.octets(of: inner, from: captured, frame)
        octets += try output.octets(keeping: captured, frame)
        var arp = captured
        arp.bytes = [UInt8](repeating: 2, count: 12) + [8, 6, 1, 2]
        octets += try output.octets(keeping: arp, nil)
        octets += output.ending()
        let packets = try Self.read(octets)
        let whole = captured.bytes
        switch framing {
        case .raw: #expect(packets.map(\.bytes) == [inner, Array(whole.dropFirst(14))])
        case .same: #expect(packets.map(\.bytes) == [Self.header + inner, whole, arp.bytes])
        }
        #expect(packets.allSatisfy { $0.time == captured.time })
        #expect(packets.allSatisfy { $0.linkType == (framing == .raw ? .raw : .ethernet) })
    }

    @Test func anEmptyCaptureIsWhole() throws {
        var output = CaptureOutput(CaptureForm(.pcapng), .raw)
        #expect(try Self.read(output.ending()).isEmpty)
    }

    @Test func sealsOnlyWhatTheSAIsFor() throws {
        let entry = try #require(
            Samples.stated(Samples.gcm.replacing("tunnel", with: "transport")).first?.entry)
        var random = SeededRandom(seed: 3)
        var sealing = try SealedCapture(entry, random: &random)
        let frame = try LinkFrame(Samples.plain().bytes.span, .raw)
        let strangers = sealing.seal(Samples.plain(), frame)
        let own = sealing.seal(Samples.plain([192, 0, 2, 1], [192, 0, 2, 2]), frame)
        let lines = sealing.counts.lines
        #expect(strangers == nil && own != nil)
        #expect(lines == ["1 packets sealed, 1 not for the SA"])
    }
}
