package import IPsec

/// An ESP packet found in a buffer: where it is and what it came in, before any SA is known.
package struct ESPPacket: Sendable {
    /// What the IP header around ESP said.
    package struct Outer: Sendable {
        package let source: IPAddress
        package let destination: IPAddress
        /// DSCP and ECN; give 0 where it is not known.
        package let trafficClass: UInt8
        package let hopLimit: UInt8

        package init(source: IPAddress, destination: IPAddress, trafficClass: UInt8 = 0, hopLimit: UInt8 = 64)
        {
            self.source = source
            self.destination = destination
            self.trafficClass = trafficClass
            self.hopLimit = hopLimit
        }
    }

    /// The IP header in the buffer.
    struct Header: Sendable {
        let start: Int
        let value: IPHeader
    }

    package let spi: SPI
    /// The low 32 bits.
    package let sequence: UInt32
    /// From the SPI to the end of the ICV.
    package let range: Range<Int>
    package let outer: Outer
    /// nil where the buffer holds no IP header.
    let header: Header?

    /// Finds ESP in an IP packet, in UDP or not.
    ///
    /// - Throws: `notESP` for anything else (also keepalives and IKE), and what a malformed header deserves.
    package init(inIPPacket range: Range<Int>, of buffer: Span<UInt8>) throws(DropReason) {
        try self.init(packet: range, of: buffer)
    }

    // Not `package` itself: the compiler inlines other modules' functions into internal ones alone.
    private init(packet range: Range<Int>, of buffer: Span<UInt8>) throws(DropReason) {
        guard range.lowerBound >= 0, range.upperBound <= buffer.count else { throw .badLength }
        let packet = buffer.extracting(range)
        let header = try IPHeader(packet)
        guard !header.isFragment else { throw .outerFragment }
        let payload = header.headerCount..<header.totalCount
        let esp = try Self.locate(header.nextProtocol, payload, packet)
        let start = range.lowerBound
        try self.init(
            at: start + esp.lowerBound..<start + esp.upperBound, of: buffer,
            outer: Outer(
                source: header.source, destination: header.destination, trafficClass: header.trafficClass,
                hopLimit: header.hopLimit),
            header: Header(start: start, value: header))
    }

    /// Takes octets that begin with the SPI: the payload of a UDP datagram, or what a raw IPv6 socket gives.
    ///
    /// Transport mode writes an IP header before them and needs `PacketRoom.inboundHeadroom` octets for it.
    package init(payload range: Range<Int>, of buffer: Span<UInt8>, outer: Outer) throws(DropReason) {
        guard range.lowerBound >= 0, range.upperBound <= buffer.count else { throw .badLength }
        try self.init(at: range, of: buffer, outer: outer, header: nil)
    }

    @inline(always)
    private init(at range: Range<Int>, of buffer: Span<UInt8>, outer: Outer, header: Header?)
        throws(DropReason)
    {
        guard range.count >= 8 else { throw range.count == 1 ? .notESP : .tooShort }
        spi = SPI(buffer.uint32(at: range.lowerBound))
        sequence = buffer.uint32(at: range.lowerBound + 4)
        self.range = range
        self.outer = outer
        self.header = header
        // Zero is the marker of IKE in the ESP port (RFC 3948 section 2.2).
        guard spi.value != 0 else { throw .notESP }
    }

    private static func locate(
        _ number: UInt8, _ payload: Range<Int>, _ packet: Span<UInt8>
    ) throws(DropReason) -> Range<Int> {
        switch number {
        case IPProtocol.esp: return payload
        case IPProtocol.udp:
            guard payload.count >= 8 else { throw .badLength }
            let count = Int(packet.uint16(at: payload.lowerBound + 4))
            guard count >= 8, count <= payload.count else { throw .badLength }
            return payload.lowerBound + 8..<payload.lowerBound + count
        default: throw .notESP
        }
    }
}
