internal import Wire

/// Reads a capture file, pcap or pcapng, packet by packet.
///
/// It holds no more than the packet at hand, and what the interfaces of a pcapng section are.
package struct CaptureReader {
    private var records: Records
    private enum Records {
        case pcap(PcapReader)
        case pcapng(PcapngReader)
    }

    /// Reads as far as the form of the file shows.
    ///
    /// - Parameter fetch: gives the next octets of the file, and nothing at the end.
    /// - Throws: `notACapture` for a file of another kind.
    package init(_ fetch: @escaping () throws(CaptureFailure) -> [UInt8]) throws(CaptureFailure) {
        var input = CaptureInput(fetch)
        let magic = try input.take(4)
        if let (resolution, order) = PcapReader.form(magic) {
            records = .pcap(try PcapReader(input, resolution, order))
        } else if magic == PcapngReader.magic {
            records = .pcapng(try PcapngReader(input))
        } else {
            throw Self.stranger(magic)
        }
    }

    /// How the file is written; for pcapng the byte order is that of the section at hand.
    package var form: CaptureForm {
        switch records {
        case .pcap(let reader): CaptureForm(.pcap(reader.resolution), order: reader.order)
        case .pcapng(let reader): CaptureForm(.pcapng, order: reader.order)
        }
    }

    /// The next packet; nil at the end.
    ///
    /// - Throws: What is wrong with the record; nothing can be read after it.
    package mutating func next() throws(CaptureFailure) -> CapturedPacket? {
        switch records {
        case .pcap(var reader):
            defer { records = .pcap(reader) }
            return try reader.next()
        case .pcapng(var reader):
            defer { records = .pcapng(reader) }
            return try reader.next()
        }
    }

    private static func stranger(_ magic: [UInt8]) -> CaptureFailure {
        let advice = magic.starts(with: [0x1f, 0x8b]) ? "; this is gzip: unpack it first (zcat FILE |)" : ""
        let octets = magic.map(hexadecimal).joined(separator: " ")
        let found = magic.isEmpty ? "an empty file" : "the octets \(octets)"
        return CaptureFailure(
            .notACapture, found: found, expected: "the beginning of a pcap or pcapng file" + advice)
    }

    private static func hexadecimal(_ octet: UInt8) -> String {
        (octet < 16 ? "0" : "") + String(octet, radix: 16)
    }
}

extension CaptureInput {
    /// Takes octets that a record must have.
    mutating func take(
        _ count: Int, of record: UInt64, at start: UInt64, _ what: String
    ) throws(CaptureFailure) -> [UInt8] {
        let taken = try take(count)
        guard taken.count == count else {
            throw .cutShort(record, at: start, what, found: taken.count, expected: count)
        }
        return taken
    }
}

extension CaptureFailure {
    static func cutShort(
        _ record: UInt64, at start: UInt64, _ what: String, found: Int, expected: Int
    ) -> CaptureFailure {
        CaptureFailure(
            .cutShort, record: record, offset: start,
            found: "the end of the file after \(found) octets of \(what)", expected: "\(expected) octets")
    }
}

/// Reads numbers at the front of octets of which a length was checked before.
func reading<Value>(
    _ octets: [UInt8], _ body: (inout Span<UInt8>) throws(WireError) -> Value
) throws(WireError) -> Value {
    var span = octets.span
    return try body(&span)
}
