internal import Compression
package import IPsec

/// One inbound IPComp association at work; it belongs to one thread at a time (RFC 3173 section 2.1).
package struct InboundIPCompSA: ~Copyable, Sendable {
    /// What never changes while it lives.
    package let association: SecurityAssociation
    private var decompressor: DeflateDecompressor
    private var watch: LifetimeWatch
    private let decapsulation: Decapsulation

    /// Prepares the decompression.
    ///
    /// - Throws: `unsupported` with a sentence, for what this engine does not do.
    package init(_ association: SecurityAssociation) throws(DatabaseFailure) {
        try association.requireDeflate()
        decapsulation = try Decapsulation(association)
        decompressor = DeflateDecompressor()
        self.association = association
        watch = LifetimeWatch(association)
    }

    /// What it has carried: IP packets after decompression.
    package var usage: SecurityAssociationUsage { watch.usage }

    /// Decompresses an IPComp packet in place, and restores the IP packet.
    ///
    /// The buffer needs room behind the packet for what it becomes, never beyond the longest packet IP has.
    ///
    /// - Throws: Why not. The octets of a refused packet are of no use afterwards.
    package mutating func open(
        _ buffer: inout MutableSpan<UInt8>, _ packet: IPCompPacket
    ) throws(DropReason) -> OpenedPacket {
        try watch.requireTimeLeft()
        guard packet.packet.upperBound <= buffer.count else { throw .badLength }
        let payload = try decompress(&buffer, packet)
        return try restore(&buffer, payload, packet)
    }

    private mutating func restore(
        _ buffer: inout MutableSpan<UInt8>, _ payload: Range<Int>, _ packet: IPCompPacket
    ) throws(DropReason) -> OpenedPacket {
        let opened = try decapsulation.restore(
            &buffer, payload, packet.nextHeader, packet.outer, packet.ip)
        return OpenedPacket(
            packet: opened.packet, flow: opened.flow, signal: watch.count(opened.packet.count))
    }

    /// Takes off the outer header of a tunnel's packet that was not worth compressing.
    ///
    /// - Parameter range: IP in IP, from and to the association's addresses.
    /// - Throws: `notIPComp` for anything else, and as `open`.
    package mutating func openUncompressed(
        _ buffer: inout MutableSpan<UInt8>, inIPPacket range: Range<Int>
    ) throws(DropReason) -> OpenedPacket {
        try watch.requireTimeLeft()
        guard range.lowerBound >= 0, range.upperBound <= buffer.count else { throw .badLength }
        let header = try IPHeader(buffer.span.extracting(range))
        guard association.mode == .tunnel, header.carriesIP, !header.isFragment,
            header.source == association.source, header.destination == association.id.destination
        else { throw .notIPComp }
        let payload =
            range.lowerBound + header.headerCount..<range.lowerBound + header.totalCount
        let opened = try decapsulation.restore(
            &buffer, payload, header.nextProtocol, ESPPacket.Outer(header),
            ESPPacket.Header(start: range.lowerBound, value: header))
        return OpenedPacket(
            packet: opened.packet, flow: opened.flow, signal: watch.count(opened.packet.count))
    }

    /// What the payload may become at most, so that the IP packet's length fits its field.
    private func limit(_ packet: IPCompPacket) -> Int {
        guard association.mode == .transport else { return Int(UInt16.max) }
        let fixed = packet.ip.value.family == .ipv4 ? 0 : 40
        return Int(UInt16.max) - (packet.ip.value.headerCount - fixed)
    }

    /// Writes the decompressed octets over the compressed ones.
    private mutating func decompress(
        _ buffer: inout MutableSpan<UInt8>, _ packet: IPCompPacket
    ) throws(DropReason) -> Range<Int> {
        let start = packet.payload.lowerBound
        do throws(DecompressionFailure) {
            let count = try decompressor.decompress(
                &buffer, packet.payload, to: start, limit: limit(packet))
            return start..<start + count
        } catch {
            switch error {
            case .tooLong: throw .decompressedTooLong
            case .malformed: throw .badCompression
            case .noRoom: throw .noRoom
            }
        }
    }
}

extension IPHeader {
    /// Whether an IP packet follows the header.
    var carriesIP: Bool { nextProtocol == IPProtocol.ipv4 || nextProtocol == IPProtocol.ipv6 }
}
