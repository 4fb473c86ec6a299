internal import Wire

/// The records of a pcap file, as tcpdump writes it.
struct PcapReader {
    let resolution: CaptureForm.Resolution
    let order: ByteOrder
    private let linkType: LinkType
    private var input: CaptureInput
    private var record: UInt64 = 0

    /// What the first four octets say; nil if this is not such a file.
    static func form(_ magic: [UInt8]) -> (CaptureForm.Resolution, ByteOrder)? {
        let number = magic.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        for resolution in CaptureForm.Resolution.allCases {
            if number == resolution.magic { return (resolution, .big) }
            if number == resolution.magic.byteSwapped { return (resolution, .little) }
        }
        return nil
    }

    /// Reads the rest of the header.
    init(
        _ input: consuming CaptureInput, _ resolution: CaptureForm.Resolution, _ order: ByteOrder
    ) throws(CaptureFailure) {
        self.resolution = resolution
        self.order = order
        self.input = input
        let header = try self.input.take(20, of: 0, at: 4, "the file's header")
        let (major, minor, network) = try Self.header(header, order)
        guard (major, minor) == (2, 4) else {
            throw CaptureFailure(
                .notACapture, offset: 4, found: "pcap version \(major).\(minor)", expected: "version 2.4")
        }
        // The bits above tell of frame check sequences, which end behind the IP packet.
        linkType = LinkType(rawValue: network & 0x03ff_ffff)
    }

    private static func header(
        _ octets: [UInt8], _ order: ByteOrder
    ) throws(CaptureFailure) -> (UInt16, UInt16, UInt32) {
        do throws(WireError) {
            return try reading(octets) { (span) throws(WireError) in
                let (major, minor) = (try span.takeUInt16(order), try span.takeUInt16(order))
                // Time zone, accuracy, snap length.
                try span.skip(12)
                return (major, minor, try span.takeUInt32(order))
            }
        } catch {
            throw .cutShort(0, at: 4, "the file's header", found: octets.count, expected: 20)
        }
    }

    mutating func next() throws(CaptureFailure) -> CapturedPacket? {
        let start = input.offset
        let header = try input.take(16)
        guard !header.isEmpty else { return nil }
        record += 1
        let fields = try fields(header, start)
        guard fields.captured <= CaptureForm.maximumPacket else {
            throw CaptureFailure(
                .malformed, record: record, offset: start, found: "a packet of \(fields.captured) octets",
                expected: "at most \(CaptureForm.maximumPacket)")
        }
        let bytes = try input.take(fields.captured, of: record, at: start, "a packet")
        return CapturedPacket(
            record: record, time: fields.time, linkType: linkType, bytes: bytes,
            originalCount: max(fields.original, bytes.count))
    }

    private func fields(
        _ octets: [UInt8], _ start: UInt64
    ) throws(CaptureFailure) -> (time: CaptureTime, captured: Int, original: Int) {
        do throws(WireError) {
            return try reading(octets) { (span) throws(WireError) in
                let (seconds, fraction) = (try span.takeUInt32(order), try span.takeUInt32(order))
                let perSecond = UInt64(resolution.rawValue)
                let ticks = UInt64(seconds) * perSecond + UInt64(fraction)
                let (captured, original) = (try span.takeUInt32(order), try span.takeUInt32(order))
                return (CaptureTime(ticks: ticks, perSecond: perSecond), Int(captured), Int(original))
            }
        } catch {
            throw .cutShort(record, at: start, "a record's header", found: octets.count, expected: 16)
        }
    }
}

extension CaptureForm.Resolution {
    /// The first number of a file.
    var magic: UInt32 {
        switch self {
        case .microseconds: 0xa1b2_c3d4
        case .nanoseconds: 0xa1b2_3c4d
        }
    }
}
