package import CaptureFile

/// A capture made of another one: in its form, with its times.
package struct CaptureOutput {
    /// What stands before the IP packets that are written.
    package enum Framing: String, Hashable, Sendable, CaseIterable {
        /// Nothing.
        case raw
        /// The link layer's header of the packet they come from.
        case same
    }

    private let form: CaptureForm
    private let framing: Framing
    private var writer: CaptureWriter?

    package init(_ form: CaptureForm, _ framing: Framing) {
        self.form = form
        self.framing = framing
    }

    /// The octets in the file of an IP packet that came of `captured`.
    package mutating func octets(
        of packet: [UInt8], from captured: CapturedPacket, _ frame: LinkFrame
    ) throws(CaptureWriter.Refusal) -> [UInt8] {
        let bytes: [UInt8]
        let linkType: LinkType
        switch framing {
        case .raw: (bytes, linkType) = (packet, .raw)
        case .same:
            bytes = frame.frame(around: packet, like: captured.bytes)
            linkType = LinkFrame.reframedType(captured.linkType)
        }
        return try octets(CapturedPacket(time: captured.time, linkType: linkType, bytes: bytes))
    }

    /// The octets in the file of a packet that stays as it was; none for one that has no place in such a file.
    package mutating func octets(
        keeping captured: CapturedPacket, _ frame: LinkFrame?
    ) throws(CaptureWriter.Refusal) -> [UInt8] {
        var kept = captured
        if framing == .raw {
            guard let frame else { return [] }
            kept.bytes.removeFirst(frame.headerCount)
            kept.originalCount = max(0, kept.originalCount - frame.headerCount)
            kept.linkType = .raw
        } else {
            kept.linkType = LinkFrame.reframedType(captured.linkType)
        }
        return try octets(kept)
    }

    /// What is still to be written at the end: the header of a file without packets.
    package mutating func ending() -> [UInt8] {
        var writer = writer ?? CaptureWriter(form, linkType: .raw)
        return writer.beginning()
    }

    private mutating func octets(_ packet: CapturedPacket) throws(CaptureWriter.Refusal) -> [UInt8] {
        var writer = writer ?? CaptureWriter(form, linkType: packet.linkType)
        defer { self.writer = writer }
        return try writer.octets(of: packet)
    }
}

extension CaptureWriter.Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .otherLinkType(let type, let fileType):
            "a packet of \(type) cannot be written into a pcap file of \(fileType); use --link raw"
        case .tooLong(let count):
            "a packet of \(count) octets cannot be written, at most \(CaptureForm.maximumPacket) can"
        }
    }
}
