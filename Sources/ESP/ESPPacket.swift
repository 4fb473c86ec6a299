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

        init(start: Int, value: IPHeader) {
            self.start = start
            self.value = value
        }

        /// Reads the header of a whole IP packet in a buffer.
        ///
        /// - Throws: `outerFragment`, and what a malformed header deserves.
        init(inIPPacket range: Range<Int>, of buffer: Span<UInt8>) throws(DropReason) {
            guard range.lowerBound >= 0, range.upperBound <= buffer.count else { throw .badLength }
            value = try IPHeader(buffer.extracting(range), destinationOptions: .header)
            guard !value.isFragment else { throw .outerFragment }
            start = range.lowerBound
        }

        /// Where what follows the header is in the buffer.
        var payload: Range<Int> { start + value.headerCount..<start + value.totalCount }
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
        let header = try Header(inIPPacket: range, of: buffer)
        let esp = try Self.locate(header.value.nextProtocol, header.payload, buffer)
        try self.init(at: esp, of: buffer, outer: Outer(header.value), header: header)
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

extension ESPPacket.Outer {
    init(_ header: IPHeader) {
        self.init(
            source: header.source, destination: header.destination, trafficClass: header.trafficClass,
            hopLimit: header.hopLimit)
    }
}
