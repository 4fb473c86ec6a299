import Algorithms
import CaptureFile
import ESP
import IPsec
import PacketAudit
import SADText
import SetkeyScript
import Testing

/// Captured packets opened, judged and sealed again.
struct PacketAuditTests {
    private static var resealing: AuditOptions {
        var options = AuditOptions()
        options.reseals = true
        return options
    }

    @Test(arguments: Samples.transforms.indices)
    func opensEveryTransform(_ index: Int) throws {
        let entry = Samples.transforms[index]
        for mode in [EncapsulationMode.tunnel, .transport] {
            var entry = entry
            entry.mode = mode
            let hosts = Samples.plain([192, 0, 2, 1], [192, 0, 2, 2], count: index)
            let packets = try Samples.sealed([hosts, hosts], entry)
            var audit = PacketAudit(Samples.stated(entry.setkeyText), Self.resealing)
            for packet in packets {
                let result = audit.examine(packet)
                let finding = try #require(result.findings.first?.sealed)
                #expect(finding.verdict == .good)
                #expect(finding.replay == .ok)
                #expect(finding.resealing == .identical)
                #expect(result.opened?.count == hosts.bytes.count)
                #expect(result.opened?[20...] == hosts.bytes[20...])
            }
            #expect(AuditSummary(audit).isGood)
            #expect(audit.associations.first?.counts.identical == 2)
        }
    }

    @Test func countsWhatIsReplayedAndMissing() throws {
        let packets = try Samples.sealed((0..<100).map { _ in Samples.plain() }, Samples.gcm)
        var audit = PacketAudit(Samples.stated(Samples.gcm))
        let order = [0, 1, 1, 4, 3, 99, 10]
        let findings = order.compactMap { audit.examine(packets[$0]).findings.first?.sealed }
        #expect(findings.map(\.replay) == [.ok, .ok, .replayed, .ok, .ok, .ok, .tooOld])
        #expect(findings.map(\.gap) == [0, 0, 0, 2, 0, 94, 0])
        let counts = try #require(audit.associations.first?.counts)
        #expect((counts.good, counts.replayed, counts.tooOld, counts.missing) == (7, 1, 1, 94))
        #expect((counts.lowestSequence, counts.highestSequence) == (1, 100))
        #expect(!AuditSummary(audit).isGood)
    }

    /// An SA that is not quite the sender's, and what is said at its first packet.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sender: String
        let reader: String
    }

    private static let sha96 = cbc("hmac-sha2-256-96", "")
    private static func cbc(_ integrity: String, _ options: String) -> String {
        Samples.cbc.replacing("hmac-sha256", with: integrity).replacing(
            "-m tunnel", with: "-m tunnel \(options)")
    }

    static let mistakes = [
        Mistake(
            testDescription: "keys are those of this SPI", sender: Samples.cbc,
            reader: Samples.cbc.replacing("1f;", with: "1e;")),
        Mistake(
            testDescription: "genuine with extended sequence numbers",
            sender: Samples.cbc.replacing("-m tunnel", with: "-m tunnel -r 64 -o esn"), reader: Samples.cbc),
        Mistake(
            testDescription: "genuine without extended sequence numbers", sender: Samples.gcm,
            reader: Samples.gcm.replacing("-r 64", with: "-r 64 -o esn")),
        Mistake(
            testDescription: "an ICV of 64 bits",
            sender: Samples.gcm.replacing("aes-gcm-16", with: "aes-gcm-8"), reader: Samples.gcm),
    ]

    @Test(arguments: mistakes)
    func saysWhatToCheckAtTheFirstPacket(_ mistake: Mistake) throws {
        let packets = try Samples.sealed([Samples.plain(), Samples.plain()], mistake.sender)
        let reader = Samples.stated(mistake.reader)
        try #require(reader.count == 1)
        var audit = PacketAudit(reader)
        let findings = packets.compactMap { audit.examine($0).findings.first?.sealed }
        #expect(findings.map(\.verdict) == [.bad, .bad])
        #expect(findings.first?.advice?.contains(mistake.testDescription) == true, "\(findings[0])")
        #expect(findings.last?.advice == nil)
        #expect(!AuditSummary(audit).isGood)
    }

    @Test func findsTheHighHalfOfExtendedNumbers() throws {
        let text = Samples.gcm.replacing("-r 64", with: "-r 64 -o esn")
        var entry = try #require(Samples.stated(text).first?.entry)
        entry.replay.outboundSequence = 5 << 32 | 7
        let packets = try Samples.sealed([Samples.plain(), Samples.plain()], entry)
        var audit = PacketAudit(Samples.stated(entry.setkeyText), Self.resealing)
        let findings = packets.compactMap { audit.examine($0).findings.first?.sealed }
        #expect(findings.map(\.verdict) == [.good, .good])
        #expect(findings.map(\.sequence) == [5 << 32 | 8, 5 << 32 | 9])
        #expect(findings.map(\.resealing) == [.identical, .identical])
        #expect(findings.map(\.replay) == [.ok, .ok])
    }

    @Test func opensNestedLayers() throws {
        let hosts = Samples.plain()
        let packets = try Samples.sealed([hosts], Samples.gcm, Samples.ah)
        var audit = PacketAudit(Samples.stated(Samples.gcm + Samples.ah))
        let result = audit.examine(packets[0])
        #expect(result.findings.compactMap(\.sealed?.protocol) == [.ah, .esp])
        #expect(result.findings.map(\.depth) == [0, 1])
        #expect(result.findings.allSatisfy { $0.sealed?.verdict == .good })
        #expect(result.opened == hosts.bytes)
    }

    @Test func decompressesIPComp() throws {
        let text = "add 192.0.2.1 192.0.2.2 ipcomp 0x3001 -m tunnel -C deflate;"
        let hosts = Samples.plain(count: 200)
        let packets = try Samples.sealed([hosts], text, Samples.gcm.replacing("tunnel", with: "transport"))
        var audit = PacketAudit(Samples.stated(text + Samples.gcm.replacing("tunnel", with: "transport")))
        let result = audit.examine(packets[0])
        #expect(result.findings.compactMap(\.sealed?.verdict) == [.good, .unchecked])
        #expect(result.opened == hosts.bytes)
    }

    @Test func tellsOfSPIsWithoutSA() throws {
        let packets = try Samples.sealed([Samples.plain()], Samples.gcm)
        let elsewhere = Samples.gcm.replacing("192.0.2.2", with: "192.0.2.9")
        for (text, hint) in [(Samples.cbc, nil), (elsewhere, "is for packets to 192.0.2.9")] {
            var audit = PacketAudit(Samples.stated(text))
            let finding = try #require(audit.examine(packets[0]).findings.first?.sealed)
            guard case .unknown(let near) = finding.verdict else {
                Issue.record("\(finding)")
                return
            }
            #expect(near == nil && hint == nil || near?.contains(hint ?? "") == true)
            #expect(audit.totals.strangers.map(\.packets) == [1])
            #expect(!AuditSummary(audit).isGood)
        }
    }

    /// A datagram between the ends of the SA.
    private static func datagram(_ ports: (UInt16, UInt16), _ payload: [UInt8]) -> CapturedPacket {
        var packet = Samples.plain([192, 0, 2, 1], [192, 0, 2, 2], count: payload.count)
        let (source, destination) = ports
        packet.bytes.replaceSubrange(
            20..<24,
            with: [
                UInt8(source >> 8), UInt8(source & 255), UInt8(destination >> 8), UInt8(destination & 255),
            ])
        packet.bytes.replaceSubrange(28..., with: payload)
        return packet
    }

    @Test func tellsKeepalivesAndIKEFromESP() throws {
        let text = Samples.gcm.replacing("esp 0x", with: "esp-udp 0x")
        let packets = try Samples.sealed([Samples.plain()], text)
        var audit = PacketAudit(Samples.stated(text))
        let esp = audit.examine(packets[0])
        #expect(esp.findings.first?.sealed?.verdict == .good)
        #expect(esp.findings.first?.ports?.source == 4500)
        let others = [[0xff], [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]].compactMap {
            audit.examine(Self.datagram((4500, 4500), $0)).findings.first
        }
        guard others.count == 2, case .keepalive = others[0].what, case .ike = others[1].what else {
            Issue.record("\(others)")
            return
        }
        #expect((audit.totals.keepalives, audit.totals.ike) == (1, 1))
    }

    @Test func looksOnOtherPortsWhenAsked() throws {
        let stated = "add 192.0.2.1[5000] 192.0.2.2[6000]" + Samples.gcm.dropFirst(23)
        let text = stated.replacing("esp 0x", with: "esp-udp 0x")
        let packets = try Samples.sealed([Samples.plain()], text)
        #expect(packets[0].bytes[20..<24] == [0x13, 0x88, 0x17, 0x70])
        var own = PacketAudit(Samples.stated(text))
        #expect(own.examine(packets[0]).findings.count == 1)
        var other = PacketAudit(Samples.stated(Samples.gcm))
        #expect(other.examine(packets[0]).findings.isEmpty)
        var options = AuditOptions()
        options.looksInAnyPort = true
        var any = PacketAudit(Samples.stated(Samples.gcm), options)
        #expect(any.examine(packets[0]).findings.first?.sealed?.verdict == .good)
        #expect(any.examine(Samples.plain()).findings.isEmpty)
    }

    @Test(arguments: [EncapsulationMode.tunnel, .transport])
    func findsTheModeThatATableDoesNotTell(_ mode: EncapsulationMode) throws {
        let hosts = Samples.plain([192, 0, 2, 1], [192, 0, 2, 2])
        let packets = try Samples.sealed(
            [hosts, hosts], Samples.gcm.replacing("tunnel", with: mode.rawValue))
        var lines: [String] = []
        WiresharkTable(Samples.stated(Samples.gcm).map(\.entry)).forEachLine { lines.append($0) }
        var audit = PacketAudit(Samples.stated(lines.joined(separator: "\n"), .wireshark))
        let opened = packets.map { audit.examine($0).opened }
        #expect(opened.allSatisfy { $0?[20...] == hosts.bytes[20...] })
        #expect(AuditSummary(audit).isGood)
    }

    /// Cuts a packet behind its header in two fragments.
    private static func fragments(_ packet: CapturedPacket, at offset: Int) -> [CapturedPacket] {
        let (header, payload) = (packet.bytes[..<20], packet.bytes[20...])
        return [(0, payload.prefix(offset)), (offset, payload.dropFirst(offset))].map { start, octets in
            var piece = packet
            let flags = (start == 0 ? 0x2000 : 0) | start / 8
            piece.bytes = Array(header + octets)
            piece.bytes[3] = UInt8(piece.bytes.count)
            piece.bytes[6] = UInt8(flags >> 8)
            piece.bytes[7] = UInt8(flags & 0xff)
            return piece
        }
    }

    @Test(arguments: ["esp", "esp-udp"], [true, false])
    func putsFragmentsTogether(_ word: String, isInOrder: Bool) throws {
        let text = Samples.gcm.replacing("esp 0x", with: "\(word) 0x")
        let hosts = Samples.plain()
        let packet = try Samples.sealed([hosts], text)[0]
        let pieces = Self.fragments(packet, at: 40)
        var audit = PacketAudit(Samples.stated(text))
        let results = (isInOrder ? pieces : pieces.reversed()).map { audit.examine($0) }
        #expect(results[0].opened == nil)
        #expect(results[0].findings.count == (word == "esp" ? 1 : 0))
        #expect(results[1].findings.first?.sealed?.verdict == .good)
        #expect(results[1].opened == hosts.bytes)
    }

    @Test func tellsOfCutAndMalformedPackets() throws {
        var packet = try Samples.sealed([Samples.plain()], Samples.gcm)[0]
        var audit = PacketAudit(Samples.stated(Samples.gcm))
        packet.bytes.removeLast(10)
        guard case .cut(10) = audit.examine(packet).findings.first?.what else {
            Issue.record("not told to be cut")
            return
        }
        packet.originalCount = packet.bytes.count
        guard case .malformed(.badLength) = audit.examine(packet).findings.first?.what else {
            Issue.record("not told to be malformed")
            return
        }
        var arp = packet
        (arp.linkType, arp.bytes) = (.ethernet, Array(repeating: 6, count: 60))
        #expect(audit.examine(arp).findings.isEmpty)
        #expect((audit.totals.cut, audit.totals.malformed, audit.totals.notIP) == (1, 1, 1))
    }

    /// Any octet that is altered makes a finding that is not good, and never more than that.
    @Test func everyAlteredOctetIsFoundOut() throws {
        let packet = try Samples.sealed([Samples.plain()], Samples.gcm)[0]
        for index in 20..<packet.bytes.count {
            var altered = packet
            altered.bytes[index] ^= 0x10
            var audit = PacketAudit(Samples.stated(Samples.gcm))
            #expect(audit.examine(altered).opened == nil)
        }
    }
}
