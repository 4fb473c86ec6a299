package import IPsec

/// An AH packet found in a buffer, before any SA is known (RFC 4302 section 2).
package struct AHPacket: Sendable {
    /// Octets before the ICV: next header, length, reserved, SPI, sequence number.
    static let fixedCount = 12

    package let spi: SPI
    /// The low 32 bits.
    package let sequence: UInt32
    /// The whole IP packet.
    package let packet: Range<Int>
    /// The authentication header with its ICV and padding.
    package let header: Range<Int>
    /// What the IP header before it said.
    package let outer: ESPPacket.Outer
    let ip: ESPPacket.Header
    let nextHeader: UInt8

    /// Finds AH in an IP packet.
    ///
    /// - Throws: `notAH` for anything else, and what a malformed header deserves.
    package init(inIPPacket range: Range<Int>, of buffer: Span<UInt8>) throws(DropReason) {
        ip = try ESPPacket.Header(inIPPacket: range, of: buffer)
        guard ip.value.nextProtocol == IPProtocol.ah else { throw .notAH }
        let (start, end) = (ip.payload.lowerBound, ip.payload.upperBound)
        guard end - start >= Self.fixedCount else { throw .tooShort }
        // In words of 32 bits, two fewer than there are.
        let count = (Int(buffer[start + 1]) + 2) * 4
        guard count >= Self.fixedCount, count <= end - start else { throw .badLength }
        spi = SPI(buffer.uint32(at: start + 4))
        sequence = buffer.uint32(at: start + 8)
        packet = range.lowerBound..<end
        header = start..<start + count
        nextHeader = buffer[start]
        outer = ESPPacket.Outer(ip.value)
    }
}
