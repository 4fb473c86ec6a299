package import IPsec

/// What the engine needs of an IPv4 or IPv6 header, its bounds checked.
///
/// For IPv6 the header includes the extension headers that stay outside ESP in transport mode: hop-by-hop options,
/// routing, and destination options before a routing header (RFC 4303 section 3.1.1).
package struct IPHeader: Sendable {
    /// What destination options of IPv6 are if they stand before AH, ESP or IPComp.
    package enum DestinationOptions: Sendable {
        /// They go behind the headers of what is to be done.
        case payload
        /// Another sender left them in front of what is to be undone (RFC 4302 section 3.1.1).
        case header
    }

    package let source: IPAddress
    package let destination: IPAddress
    /// DSCP and ECN.
    package let trafficClass: UInt8
    package let hopLimit: UInt8
    /// What follows the header, an IP protocol number.
    package let nextProtocol: UInt8
    /// Octets of header.
    package let headerCount: Int
    /// Octets of header and payload; what a link appended is not counted.
    package let totalCount: Int
    /// Whether it is a piece of a larger packet, the first included.
    package let isFragment: Bool
    /// IPv4's DF; true for IPv6, which routers never fragment.
    package let dontFragment: Bool
    /// Where the octet is that names `nextProtocol`, from the start of the header.
    let nextProtocolOffset: Int

    package var family: AddressFamily { source.family }

    /// Reads the header at the front of `packet`.
    ///
    /// - Throws: `truncatedHeader`, `badVersion` or `badLength`.
    @inline(always)
    package init(
        _ packet: Span<UInt8>, destinationOptions: DestinationOptions = .payload
    ) throws(DropReason) {
        guard packet.count >= 20 else { throw .truncatedHeader }
        switch packet[0] >> 4 {
        case 4: try self.init(ipv4: packet)
        case 6: try self.init(ipv6: packet, destinationOptions)
        default: throw .badVersion
        }
    }

    @inline(always)
    private init(ipv4 packet: Span<UInt8>) throws(DropReason) {
        headerCount = Int(packet[0] & 0x0f) * 4
        totalCount = Int(packet.uint16(at: 2))
        guard headerCount >= 20, headerCount <= totalCount, totalCount <= packet.count else {
            throw .badLength
        }
        let fragment = packet.uint16(at: 6)
        source = packet.address(.ipv4, at: 12)
        destination = packet.address(.ipv4, at: 16)
        trafficClass = packet[1]
        hopLimit = packet[8]
        nextProtocol = packet[9]
        nextProtocolOffset = 9
        isFragment = fragment & 0x3fff != 0
        dontFragment = fragment & 0x4000 != 0
    }

    @inline(always)
    private init(ipv6 packet: Span<UInt8>, _ options: DestinationOptions) throws(DropReason) {
        guard packet.count >= 40 else { throw .truncatedHeader }
        totalCount = 40 + Int(packet.uint16(at: 4))
        guard totalCount <= packet.count else { throw .badLength }
        let chain = try ExtensionChain(packet.extracting(first: totalCount), options)
        source = packet.address(.ipv6, at: 8)
        destination = packet.address(.ipv6, at: 24)
        trafficClass = UInt8(truncatingIfNeeded: packet.uint16(at: 0) >> 4)
        hopLimit = packet[7]
        nextProtocol = chain.nextProtocol
        nextProtocolOffset = chain.nextProtocolOffset
        headerCount = chain.end
        isFragment = chain.nextProtocol == IPProtocol.fragment
        dontFragment = true
    }
}

/// IP protocol numbers the engine tells apart.
enum IPProtocol {
    static let hopByHop: UInt8 = 0
    static let icmp: UInt8 = 1
    static let ipv4: UInt8 = 4
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17
    static let ipv6: UInt8 = 41
    static let routing: UInt8 = 43
    static let fragment: UInt8 = 44
    static let esp: UInt8 = 50
    static let ah: UInt8 = 51
    static let icmpv6: UInt8 = 58
    static let none: UInt8 = 59
    static let destinationOptions: UInt8 = 60
    static let dccp: UInt8 = 33
    static let ipcomp: UInt8 = 108
    /// The pseudo header of BEET mode.
    static let beet: UInt8 = 94
    static let sctp: UInt8 = 132
    static let udpLite: UInt8 = 136
}

/// The extension headers of an IPv6 packet that every router or a routing header's stops read.
private struct ExtensionChain {
    var end = 40
    var nextProtocol: UInt8
    var nextProtocolOffset = 6

    init(_ packet: Span<UInt8>, _ options: IPHeader.DestinationOptions) throws(DropReason) {
        nextProtocol = packet[6]
        while try Self.staysOutside(nextProtocol, at: end, packet, options) {
            let count = try Self.extensionCount(packet, at: end)
            nextProtocolOffset = end
            nextProtocol = packet[end]
            end += count
        }
    }

    private static func staysOutside(
        _ number: UInt8, at offset: Int, _ packet: Span<UInt8>, _ options: IPHeader.DestinationOptions
    ) throws(DropReason) -> Bool {
        switch number {
        case IPProtocol.hopByHop, IPProtocol.routing: return true
        case IPProtocol.destinationOptions:
            _ = try extensionCount(packet, at: offset)
            switch packet[offset] {
            case IPProtocol.routing: return true
            case IPProtocol.ah, IPProtocol.esp, IPProtocol.ipcomp: return options == .header
            default: return false
            }
        default: return false
        }
    }

    /// Octets of the extension header at `offset`, all of them inside the packet.
    private static func extensionCount(_ packet: Span<UInt8>, at offset: Int) throws(DropReason) -> Int {
        guard offset + 8 <= packet.count else { throw .truncatedHeader }
        let count = (Int(packet[offset + 1]) + 1) * 8
        guard offset + count <= packet.count else { throw .truncatedHeader }
        return count
    }
}
