import ESP
import IPsec

/// The TCP or UDP checksum of a packet whose addresses a NAT has changed (RFC 3948 section 3.1.2).
enum TransportChecksum {
    private static let tcp: UInt8 = 6
    private static let udp: UInt8 = 17

    /// Computes the checksum anew for the addresses the packet has now; leaves other packets alone.
    ///
    /// The packet is genuine: its integrity was checked before its addresses were changed back.
    static func recompute(_ buffer: inout [UInt8], _ packet: Range<Int>) {
        guard let header = try? IPHeader(buffer.span.extracting(packet)), !header.isFragment else { return }
        let start = packet.lowerBound + header.headerCount
        let end = packet.lowerBound + header.totalCount
        guard let field = field(header.nextProtocol, start, end) else { return }
        let wasAbsent = buffer[field] == 0 && buffer[field + 1] == 0
        if header.nextProtocol == udp, header.family == .ipv4, wasAbsent { return }
        buffer[field] = 0
        buffer[field + 1] = 0
        var sum = UInt64(header.nextProtocol) + UInt64(end - start)
        sum += (header.source.bytes + header.destination.bytes).span.wordSum
        sum += buffer.span.extracting(start..<end).wordSum
        while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
        var checksum = ~UInt16(truncatingIfNeeded: sum)
        // Zero would mean that there is none (RFC 768).
        if header.nextProtocol == udp, checksum == 0 { checksum = 0xffff }
        buffer[field] = UInt8(truncatingIfNeeded: checksum >> 8)
        buffer[field + 1] = UInt8(truncatingIfNeeded: checksum)
    }

    private static func field(_ number: UInt8, _ start: Int, _ end: Int) -> Int? {
        switch number {
        case tcp: end - start >= 20 ? start + 16 : nil
        case udp: end - start >= 8 ? start + 6 : nil
        default: nil
        }
    }
}

extension Span where Element == UInt8 {
    /// The sum of the 16-bit words; an odd last octet counts as high.
    ///
    /// At most 64 KiB, so it cannot overflow.
    fileprivate var wordSum: UInt64 {
        var sum: UInt64 = 0
        var index = 0
        while index + 1 < count {
            sum &+= UInt64(self[index]) << 8 | UInt64(self[index + 1])
            index += 2
        }
        return index < count ? sum &+ UInt64(self[index]) << 8 : sum
    }
}
