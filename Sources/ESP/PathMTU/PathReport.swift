package import IPsec

/// A router's word that one of our protected packets did not fit its next link.
///
/// Nobody vouches for it: check that `spi` is that of an outbound SA to `destination` from `source`, that
/// `sequence` was used, and leave the rest to `PathMTU.learn`.
package struct PathReport: Sendable {
    /// What is seen of the packet it is about.
    package enum Subject: Hashable, Sendable {
        case esp(SPI, sequence: UInt32)
        case ah(SPI, sequence: UInt32?)
        /// ESP in UDP, if the ports are those of an SA; without its SPI where the router quoted too little.
        case udp(sourcePort: UInt16, destinationPort: UInt16, SPI?)
    }

    /// The longest packet that fits, octets with the outer IP header.
    package let mtu: Int
    /// Ours.
    package let source: IPAddress
    package let destination: IPAddress
    package let subject: Subject

    /// Reads an IP packet that was received.
    ///
    /// - Returns: nil for anything but a whole and intact "fragmentation needed" (ICMP type 3 code 4) or "packet too
    ///   big" (ICMPv6 type 2) about a packet that may be ours.
    package init?(_ packet: Span<UInt8>) {
        guard let header = try? IPHeader(packet), !header.isFragment else { return nil }
        let message = header.headerCount..<header.totalCount
        guard message.count >= 8 + 20 + 8, Self.isPacketTooBig(header, packet, message.lowerBound),
            Self.isIntact(header, packet, message)
        else { return nil }
        let told = packet.uint32(at: message.lowerBound + 4)
        guard let quoted = Quoted(packet, message.lowerBound + 8..<message.upperBound, header.family) else {
            return nil
        }
        // The high half was unused in IPv4, and all of it by routers older than RFC 1191.
        let mtu = header.family == .ipv4 ? Int(told & 0xffff) : Int(clamping: told)
        self.mtu = mtu == 0 ? PathMTU.plateau(below: quoted.totalCount) : mtu
        (source, destination, subject) = (quoted.source, quoted.destination, quoted.subject)
        guard header.destination == source else { return nil }
    }

    private static func isPacketTooBig(_ header: IPHeader, _ packet: Span<UInt8>, _ start: Int) -> Bool {
        switch header.family {
        case .ipv4: header.nextProtocol == IPProtocol.icmp && packet[start] == 3 && packet[start + 1] == 4
        case .ipv6: header.nextProtocol == IPProtocol.icmpv6 && packet[start] == 2
        }
    }

    private static func isIntact(_ header: IPHeader, _ packet: Span<UInt8>, _ message: Range<Int>) -> Bool {
        var sum: UInt32 = 0
        if header.family == .ipv6 {
            sum = packet.onesSum(8..<40) + UInt32(IPProtocol.icmpv6)
            sum += UInt32(truncatingIfNeeded: message.count)
        }
        return packet.onesSum(message, start: sum) == 0xffff
    }
}

/// The front of the packet that an ICMP error is about; the rest of it may be cut off.
private struct Quoted {
    let source: IPAddress
    let destination: IPAddress
    let totalCount: Int
    let subject: PathReport.Subject

    init?(_ packet: Span<UInt8>, _ range: Range<Int>, _ family: AddressFamily) {
        let start = range.lowerBound
        let headerCount: Int
        let number: UInt8
        switch (family, packet[start] >> 4) {
        case (.ipv4, 4):
            headerCount = Int(packet[start] & 0x0f) * 4
            guard headerCount >= 20, packet.uint16(at: start + 6) & 0x1fff == 0 else { return nil }
            number = packet[start + 9]
            totalCount = Int(packet.uint16(at: start + 2))
            source = packet.address(.ipv4, at: start + 12)
            destination = packet.address(.ipv4, at: start + 16)
        case (.ipv6, 6):
            headerCount = 40
            guard range.count >= 48 else { return nil }
            number = packet[start + 6]
            totalCount = 40 + Int(packet.uint16(at: start + 4))
            source = packet.address(.ipv6, at: start + 8)
            destination = packet.address(.ipv6, at: start + 24)
        default: return nil
        }
        guard range.count >= headerCount + 8,
            let subject = Self.subject(number, packet, start + headerCount..<range.upperBound)
        else { return nil }
        self.subject = subject
    }

    private static func subject(
        _ number: UInt8, _ packet: Span<UInt8>, _ upper: Range<Int>
    ) -> PathReport.Subject? {
        let start = upper.lowerBound
        switch number {
        case IPProtocol.esp:
            return .esp(SPI(packet.uint32(at: start)), sequence: packet.uint32(at: start + 4))
        case IPProtocol.ah:
            let sequence = upper.count >= 12 ? packet.uint32(at: start + 8) : nil
            return .ah(SPI(packet.uint32(at: start + 4)), sequence: sequence)
        case IPProtocol.udp:
            return .udp(
                sourcePort: packet.uint16(at: start), destinationPort: packet.uint16(at: start + 2),
                upper.count >= 12 ? SPI(packet.uint32(at: start + 8)) : nil)
        default: return nil
        }
    }
}
