package import IPsec

/// The ICMP error that tells a sender that its packet does not fit (RFC 1191 section 4, RFC 4443 section 3.2).
package enum PacketTooBig {
    /// Octets of an error at most: what every host takes (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4).
    private static func maximumCount(_ family: AddressFamily) -> Int { family == .ipv4 ? 576 : 1280 }

    /// Writes the error for the packet at the front of `packet`.
    ///
    /// - Parameters:
    ///   - mtu: The longest packet that fits, octets with the inner IP header.
    ///   - source: Our address that the error comes from, of the packet's family.
    /// - Returns: nil where no error may be sent: about an ICMP error, a fragment other than the first, a packet to or
    ///   from more than one host, one that may be fragmented, or a malformed one.
    package static func error(about packet: Span<UInt8>, mtu: Int, from source: IPAddress) -> [UInt8]? {
        guard let header = try? IPHeader(packet), header.family == source.family, header.dontFragment,
            mayBeAnswered(header, packet)
        else { return nil }
        let start = TunnelHeader.count(header.family)
        let quoted = min(header.totalCount, maximumCount(header.family) - start - 8)
        var error = [UInt8](repeating: 0, count: start + 8)
        for index in 0..<quoted { error.append(packet[index]) }
        var span = error.mutableSpan
        let ip = TunnelHeader(
            source: source, destination: header.source, trafficClass: 0, dontFragment: false,
            identification: 0)
        let number = header.family == .ipv4 ? IPProtocol.icmp : IPProtocol.icmpv6
        ip.write(to: &span, at: 0, payloadCount: 8 + quoted, nextProtocol: number)
        write(mtu, header.family, &span, at: start)
        return error
    }

    private static func write(
        _ mtu: Int, _ family: AddressFamily, _ error: inout MutableSpan<UInt8>, at start: Int
    ) {
        let mtu = UInt32(clamping: mtu)
        var sum: UInt32 = 0
        switch family {
        case .ipv4:
            (error[start], error[start + 1]) = (3, 4)
            error.put(mtu, at: start + 4)
        case .ipv6:
            error[start] = 2
            error.put(mtu, at: start + 4)
            sum = error.span.onesSum(8..<40) + UInt32(IPProtocol.icmpv6)
            sum += UInt32(truncatingIfNeeded: error.count - start)
        }
        let checksum = ~UInt16(truncatingIfNeeded: error.span.onesSum(start..<error.count, start: sum))
        error.put(checksum, at: start + 2)
    }

    private static func mayBeAnswered(_ header: IPHeader, _ packet: Span<UInt8>) -> Bool {
        guard header.source.isUnicast, header.destination.isUnicast else { return false }
        guard let flow = try? PacketFlow(packet.extracting(0..<header.totalCount)) else { return false }
        switch flow.upperProtocol {
        case IPProtocol.icmp:
            // Unreachable, source quench, redirect, time exceeded, parameter problem; unseen in a later fragment.
            return flow.ports.map { ![3, 4, 5, 11, 12].contains($0.source) } ?? false
        case IPProtocol.icmpv6:
            return flow.ports.map { $0.source >= 128 && $0.source != 137 } ?? false
        default:
            return header.family == .ipv4
                ? packet.uint16(at: 6) & 0x1fff == 0 : !isLaterFragment(header, packet)
        }
    }

    private static func isLaterFragment(_ header: IPHeader, _ packet: Span<UInt8>) -> Bool {
        guard header.isFragment, header.headerCount + 8 <= header.totalCount else { return header.isFragment }
        return packet.uint16(at: header.headerCount + 2) & 0xfff8 != 0
    }
}

extension IPAddress {
    /// Whether it is one host's: neither unspecified, nor multicast, nor broadcast.
    var isUnicast: Bool {
        switch family {
        case .ipv4: value != 0 && value >> 28 < 0xe
        case .ipv6: value != 0 && value >> 120 != 0xff
        }
    }
}
