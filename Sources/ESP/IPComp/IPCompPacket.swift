package import IPsec

/// An IPComp packet found in a buffer, before any SA is known (RFC 3173 section 3).
package struct IPCompPacket: Sendable {
    /// Next header, flags and CPI.
    package static let headerCount = 4

    /// The compression parameters index, as an SPI: 2 is DEFLATE without a negotiation (RFC 3173 section 3.3).
    package let spi: SPI
    /// The whole IP packet.
    package let packet: Range<Int>
    /// The compressed octets.
    package let payload: Range<Int>
    /// What the IP header before it said.
    package let outer: ESPPacket.Outer
    let ip: ESPPacket.Header
    let nextHeader: UInt8

    /// Finds IPComp in an IP packet.
    ///
    /// - Throws: `notIPComp` for anything else, and what a malformed header deserves.
    package init(inIPPacket range: Range<Int>, of buffer: Span<UInt8>) throws(DropReason) {
        ip = try ESPPacket.Header(inIPPacket: range, of: buffer)
        guard ip.value.nextProtocol == IPProtocol.ipcomp else { throw .notIPComp }
        let (start, end) = (ip.payload.lowerBound, ip.payload.upperBound)
        guard end - start > Self.headerCount else { throw .tooShort }
        // The flags have no meaning yet and are ignored (RFC 3173 section 3.3).
        nextHeader = buffer[start]
        spi = SPI(UInt32(buffer.uint16(at: start + 2)))
        packet = range.lowerBound..<end
        payload = start + Self.headerCount..<end
        outer = ESPPacket.Outer(ip.value)
    }
}
