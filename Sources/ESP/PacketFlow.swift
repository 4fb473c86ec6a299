package import IPsec

/// What selectors look at in a packet.
package struct PacketFlow: Hashable, Sendable {
    package let source: IPAddress
    package let destination: IPAddress
    /// The upper-layer protocol, behind all extension headers.
    package let upperProtocol: UInt8
    /// Ports, or ICMP type and code as `Selector` has them; nil where the packet does not show them (a later
    /// fragment, a protocol without ports).
    package let ports: Ports?

    package struct Ports: Hashable, Sendable {
        package let source: UInt16
        package let destination: UInt16
    }

    /// Reads the packet that starts at the front of `packet`.
    ///
    /// - Throws: as `IPHeader`.
    package init(_ packet: Span<UInt8>) throws(DropReason) {
        try self.init(IPHeader(packet), packet)
    }

    @inline(always)
    init(_ header: IPHeader, _ packet: Span<UInt8>) throws(DropReason) {
        source = header.source
        destination = header.destination
        var number = header.nextProtocol
        var offset = header.headerCount
        var isLaterFragment = false
        if header.family == .ipv4 {
            isLaterFragment = packet.uint16(at: 6) & 0x1fff != 0
        } else {
            let upper = try Self.upperLayer(header, packet)
            (number, offset, isLaterFragment) = (upper.number, upper.offset, upper.isLaterFragment)
        }
        upperProtocol = number
        ports = isLaterFragment ? nil : Self.ports(number, packet.extracting(offset..<header.totalCount))
    }

    private static func ports(_ number: UInt8, _ upper: Span<UInt8>) -> Ports? {
        switch number {
        case IPProtocol.tcp, IPProtocol.udp, IPProtocol.dccp, IPProtocol.sctp, IPProtocol.udpLite:
            guard upper.count >= 4 else { return nil }
            return Ports(source: upper.uint16(at: 0), destination: upper.uint16(at: 2))
        case IPProtocol.icmp, IPProtocol.icmpv6:
            guard upper.count >= 2 else { return nil }
            return Ports(source: UInt16(upper[0]), destination: UInt16(upper[1]))
        default:
            return nil
        }
    }

    private static func upperLayer(
        _ header: IPHeader, _ packet: Span<UInt8>
    ) throws(DropReason) -> (number: UInt8, offset: Int, isLaterFragment: Bool) {
        var number = header.nextProtocol
        var offset = header.headerCount
        while true {
            switch number {
            case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.fragment:
                guard offset + 8 <= header.totalCount else { throw .truncatedHeader }
                let isFragment = number == IPProtocol.fragment
                let count = isFragment ? 8 : (Int(packet[offset + 1]) + 1) * 8
                guard offset + count <= header.totalCount else { throw .truncatedHeader }
                if isFragment, packet.uint16(at: offset + 2) & 0xfff8 != 0 {
                    return (packet[offset], offset, true)
                }
                number = packet[offset]
                offset += count
            default:
                return (number, offset, false)
            }
        }
    }
}

extension Selector {
    /// Whether the packet is one this selector picks.
    ///
    /// A packet that does not show its ports matches any port alone.
    package func selects(_ flow: PacketFlow) -> Bool {
        guard source.contains(flow.source), destination.contains(flow.destination) else { return false }
        guard upperProtocol == 0 || upperProtocol == flow.upperProtocol else { return false }
        guard sourcePort != 0 || destinationPort != 0 else { return true }
        guard let ports = flow.ports else { return false }
        return (sourcePort == 0 || sourcePort == ports.source)
            && (destinationPort == 0 || destinationPort == ports.destination)
    }
}
