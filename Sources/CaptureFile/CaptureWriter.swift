internal import Wire

/// Writes a capture file, pcap or pcapng, packet by packet.
///
/// It gives octets; whoever calls writes them somewhere.
package struct CaptureWriter {
    /// Why a packet cannot be written.
    package enum Refusal: Error, Hashable, Sendable {
        /// A pcap file has one link type.
        case otherLinkType(LinkType, fileHas: LinkType)
        /// More octets than `CaptureForm.maximumPacket`.
        case tooLong(Int)
    }

    package let form: CaptureForm
    /// What a pcap file without a packet is for.
    private let linkType: LinkType
    private var interfaces: [LinkType] = []
    private var hasBegun = false

    /// - Parameter linkType: all packets' in a pcap file; in pcapng each has its own.
    package init(_ form: CaptureForm, linkType: LinkType) {
        self.form = form
        self.linkType = linkType
    }

    /// The octets of the packet in the file, the file's header before the first.
    package mutating func octets(of packet: CapturedPacket) throws(Refusal) -> [UInt8] {
        guard packet.bytes.count <= CaptureForm.maximumPacket else { throw .tooLong(packet.bytes.count) }
        var writer = ByteWriter(capacity: packet.bytes.count + 64)
        writer.put(beginning())
        switch form.format {
        case .pcap(let resolution):
            guard packet.linkType == linkType else {
                throw .otherLinkType(packet.linkType, fileHas: linkType)
            }
            putRecord(packet, resolution, to: &writer)
        case .pcapng:
            let interface = interface(packet.linkType, in: &writer)
            putBlock(packet, interface, to: &writer)
        }
        return writer.bytes
    }

    /// What a file without packets consists of; empty once there was a packet.
    package mutating func beginning() -> [UInt8] {
        guard !hasBegun else { return [] }
        hasBegun = true
        var writer = ByteWriter()
        switch form.format {
        case .pcap(let resolution): putHeader(resolution, to: &writer)
        case .pcapng: putSection(to: &writer)
        }
        return writer.bytes
    }

    // MARK: pcap

    private func putHeader(_ resolution: CaptureForm.Resolution, to writer: inout ByteWriter) {
        put(resolution.magic, to: &writer)
        writer.put(UInt16(2), form.order)
        writer.put(UInt16(4), form.order)
        writer.putZeros(8)
        put(UInt32(CaptureForm.maximumPacket), to: &writer)
        put(linkType.rawValue, to: &writer)
    }

    private func putRecord(
        _ packet: CapturedPacket, _ resolution: CaptureForm.Resolution, to writer: inout ByteWriter
    ) {
        let time = packet.time ?? CaptureTime(seconds: 0)
        put(UInt32(clamping: time.seconds), to: &writer)
        let nanosecondsPerTick = CaptureForm.Resolution.nanoseconds.rawValue / resolution.rawValue
        put(time.nanoseconds / nanosecondsPerTick, to: &writer)
        put(UInt32(clamping: packet.bytes.count), to: &writer)
        put(UInt32(clamping: packet.originalCount), to: &writer)
        writer.put(packet.bytes)
    }

    // MARK: pcapng

    private func putSection(to writer: inout ByteWriter) {
        writer.put(PcapngReader.magic)
        put(28, to: &writer)
        put(0x1a2b_3c4d, to: &writer)
        writer.put(UInt16(1), form.order)
        writer.put(UInt16(0), form.order)
        // The section's length is not known.
        put(.max, to: &writer)
        put(.max, to: &writer)
        put(28, to: &writer)
    }

    /// The number of the interface with a link type, described first if it is new.
    private mutating func interface(_ linkType: LinkType, in writer: inout ByteWriter) -> Int {
        if let known = interfaces.firstIndex(of: linkType) { return known }
        interfaces.append(linkType)
        put(1, to: &writer)
        put(32, to: &writer)
        writer.put(UInt16(truncatingIfNeeded: linkType.rawValue), form.order)
        writer.putZeros(2)
        put(0, to: &writer)
        // if_tsresol: nanoseconds.
        writer.put(UInt16(9), form.order)
        writer.put(UInt16(1), form.order)
        writer.put([9, 0, 0, 0])
        writer.putZeros(4)
        put(32, to: &writer)
        return interfaces.count - 1
    }

    private func putBlock(_ packet: CapturedPacket, _ interface: Int, to writer: inout ByteWriter) {
        let time = packet.time ?? CaptureTime(seconds: 0)
        let ticks =
            UInt64(clamping: time.seconds).multipliedReportingOverflow(by: 1_000_000_000).partialValue
            &+ UInt64(time.nanoseconds)
        let padding = (4 - packet.bytes.count % 4) % 4
        let total = UInt32(clamping: packet.bytes.count + padding + 32)
        put(6, to: &writer)
        put(total, to: &writer)
        put(UInt32(clamping: interface), to: &writer)
        put(UInt32(truncatingIfNeeded: ticks >> 32), to: &writer)
        put(UInt32(truncatingIfNeeded: ticks), to: &writer)
        put(UInt32(clamping: packet.bytes.count), to: &writer)
        put(UInt32(clamping: packet.originalCount), to: &writer)
        writer.put(packet.bytes)
        writer.putZeros(padding)
        put(total, to: &writer)
    }

    private func put(_ value: UInt32, to writer: inout ByteWriter) {
        writer.put(value, form.order)
    }
}
