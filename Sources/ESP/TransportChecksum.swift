internal import IPsec

/// The checksum of TCP and UDP behind a NAT, in transport mode (RFC 3948 section 3.1.2).
///
/// The sender computed it over addresses that the NAT then changed. The ICV vouches for the octets, so the receiver
/// computes it again over the addresses it sees.
enum TransportChecksum {
    /// Corrects the packet in `range`, whose IP header has been written by us or checked.
    static func repair(_ buffer: inout MutableSpan<UInt8>, _ range: Range<Int>) {
        guard let header = try? IPHeader(buffer.span.extracting(range)), !header.isFragment else { return }
        let upper = range.lowerBound + header.headerCount..<range.lowerBound + header.totalCount
        guard let field = field(header.nextProtocol, upper) else { return }
        // Zero says that the sender computed none.
        if header.nextProtocol == IPProtocol.udp, buffer.span.uint16(at: field) == 0 { return }
        let addresses = header.family == .ipv4 ? 12..<20 : 8..<40
        let start = range.lowerBound
        let pseudo = start + addresses.lowerBound..<start + addresses.upperBound
        put(in: &buffer, at: field, header.nextProtocol, upper, addresses: pseudo)
    }

    /// Writes the checksum of the UDP header in front of ESP, without which IPv6 refuses UDP (RFC 8200 section 8.1).
    static func putUDP(in buffer: inout MutableSpan<UInt8>, ipv6 packet: Range<Int>, _ datagram: Range<Int>) {
        let addresses = packet.lowerBound + 8..<packet.lowerBound + 40
        put(in: &buffer, at: datagram.lowerBound + 6, IPProtocol.udp, datagram, addresses: addresses)
    }

    private static func put(
        in buffer: inout MutableSpan<UInt8>, at field: Int, _ number: UInt8, _ upper: Range<Int>,
        addresses: Range<Int>
    ) {
        buffer.put(UInt16(0), at: field)
        var sum = buffer.span.onesSum(addresses)
        sum &+= UInt32(number) &+ UInt32(truncatingIfNeeded: upper.count)
        let checksum = ~UInt16(truncatingIfNeeded: buffer.span.onesSum(upper, start: sum))
        buffer.put(checksum == 0 && number == IPProtocol.udp ? 0xffff : checksum, at: field)
    }

    /// Where the checksum is; nil where there is none to correct.
    private static func field(_ number: UInt8, _ upper: Range<Int>) -> Int? {
        switch number {
        case IPProtocol.tcp: upper.count >= 20 ? upper.lowerBound + 16 : nil
        case IPProtocol.udp: upper.count >= 8 ? upper.lowerBound + 6 : nil
        default: nil
        }
    }
}
