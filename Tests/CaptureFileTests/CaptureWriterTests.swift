import CaptureFile
import Testing

/// What is written is read again as it was.
struct CaptureWriterTests {
    static let forms = ByteOrder.allCases.flatMap { order in
        [CaptureForm.Format.pcap(.microseconds), .pcap(.nanoseconds), .pcapng].map {
            CaptureForm($0, order: order)
        }
    }

    private static func packets(_ linkTypes: [LinkType]) -> [CapturedPacket] {
        (0..<5).map { index in
            CapturedPacket(
                time: CaptureTime(seconds: 1_700_000_000 + Int64(index), nanoseconds: 123_456_000),
                linkType: linkTypes[index % linkTypes.count],
                bytes: (0..<UInt8(index * 3)).map { $0 }, originalCount: index * 3 + index)
        }
    }

    @Test(arguments: forms)
    func roundTrip(_ form: CaptureForm) throws {
        let linkTypes: [LinkType] = form.format == .pcapng ? [.raw, .ethernet, .linuxCooked2] : [.ethernet]
        let packets = Self.packets(linkTypes)
        var writer = CaptureWriter(form, linkType: linkTypes[0])
        let octets = try packets.flatMap { (packet) throws in try writer.octets(of: packet) }
        #expect(writer.beginning().isEmpty)
        let (read, failure) = readAll(octets)
        #expect(failure == nil)
        #expect(
            read.map { packet in
                var packet = packet
                packet.record = 0
                return packet
            } == packets)
    }

    @Test(arguments: forms)
    func emptyFileIsWhole(_ form: CaptureForm) throws {
        var writer = CaptureWriter(form, linkType: .raw)
        let octets = writer.beginning()
        #expect(readAll(octets).failure == nil)
        var position = 0
        let reader = try CaptureReader { () throws(CaptureFailure) in
            defer { position = octets.count }
            return Array(octets[position...])
        }
        #expect(reader.form == form)
    }

    @Test func refusesWhatAFileCannotHold() throws {
        var writer = CaptureWriter(CaptureForm(.pcap(.nanoseconds)), linkType: .raw)
        #expect(throws: CaptureWriter.Refusal.otherLinkType(.ethernet, fileHas: .raw)) {
            try writer.octets(of: CapturedPacket(time: nil, linkType: .ethernet, bytes: []))
        }
        let long = [UInt8](repeating: 0, count: CaptureForm.maximumPacket + 1)
        #expect(throws: CaptureWriter.Refusal.tooLong(long.count)) {
            try writer.octets(of: CapturedPacket(time: nil, linkType: .raw, bytes: long))
        }
    }
}
