internal import Wire

/// Where the IP packet is in a captured frame, and how the frame says that it holds one.
package struct LinkFrame: Hashable, Sendable {
    /// Why there is no IP packet to look at.
    package enum Stranger: Error, Hashable, Sendable {
        /// The link type is not one that is read here.
        case linkType(LinkType)
        /// The frame holds something else, by its EtherType, PPP protocol or address family.
        case notIP(UInt32)
        /// The frame ends inside its link layer's header.
        case truncated
    }

    /// What tells the two families of IP apart before the packet.
    enum Mark: Hashable {
        /// The packet's own first octet alone.
        case none
        /// Two octets, most significant first.
        case etherType(at: Int)
        /// One or two octets.
        case pointToPoint(at: Int, count: Int)
        /// Four octets at the front.
        case addressFamily(ByteOrder)
    }

    /// Octets of the frame before the packet.
    package let headerCount: Int
    let mark: Mark

    private init(_ headerCount: Int, _ mark: Mark) {
        self.headerCount = headerCount
        self.mark = mark
    }

    /// Finds the packet; what it holds is not looked at.
    package init(_ frame: Span<UInt8>, _ linkType: LinkType) throws(Stranger) {
        switch linkType {
        case .ethernet: self = try Self.etherType(frame, at: 12)
        case .linuxCooked: self = try Self.etherType(frame, at: 14)
        case .linuxCooked2: self = try Self.cooked2(frame)
        case .null: self = try Self.addressFamily(frame, [.little, .big])
        case .loop: self = try Self.addressFamily(frame, [.big])
        case .ppp, .pppSerial: self = try Self.pointToPoint(frame, at: try Self.pppStart(frame))
        case .ipv4, .ipv6: self.init(0, .none)
        case _ where linkType.isRaw: self.init(0, .none)
        default: throw .linkType(linkType)
        }
        guard headerCount <= frame.count else { throw .truncated }
    }

    // MARK: Ethernet and cooked

    /// How many tags a frame may have before it is taken for something else.
    private static let maximumTags = 8
    /// IEEE 802.1Q, 802.1ad, and what was used before 802.1ad.
    private static let tags: Set<UInt16> = [0x8100, 0x88a8, 0x9100, 0x9200]
    private static let sessionOverEthernet: UInt16 = 0x8864

    private static func etherType(_ frame: Span<UInt8>, at offset: Int) throws(Stranger) -> LinkFrame {
        var offset = offset
        var type = try uint16(frame, at: offset)
        var tagCount = 0
        while tags.contains(type), tagCount < maximumTags {
            offset += 4
            tagCount += 1
            type = try uint16(frame, at: offset)
        }
        if type == sessionOverEthernet { return try pointToPoint(frame, at: offset + 8) }
        if type <= 1500, let inner = try subnetworkAccess(frame, at: offset + 2) {
            offset = inner
            type = try uint16(frame, at: offset)
        }
        guard type == EtherType.ipv4 || type == EtherType.ipv6 else { throw .notIP(UInt32(type)) }
        return LinkFrame(offset + 2, .etherType(at: offset))
    }

    /// Where the EtherType is behind a length, LLC and SNAP (RFC 1042); nil if it is not that.
    private static func subnetworkAccess(_ frame: Span<UInt8>, at offset: Int) throws(Stranger) -> Int? {
        let first = try uint16(frame, at: offset)
        guard first == 0xaaaa, try uint16(frame, at: offset + 2) == 0x0300 else { return nil }
        return offset + 6
    }

    private static func cooked2(_ frame: Span<UInt8>) throws(Stranger) -> LinkFrame {
        let type = try uint16(frame, at: 0)
        guard type == EtherType.ipv4 || type == EtherType.ipv6 else { throw .notIP(UInt32(type)) }
        return LinkFrame(20, .etherType(at: 0))
    }

    // MARK: point to point, and loopback

    /// Past the address and control octets, which may be left out.
    private static func pppStart(_ frame: Span<UInt8>) throws(Stranger) -> Int {
        let first = try uint16(frame, at: 0)
        return first == 0xff03 ? 2 : 0
    }

    private static func pointToPoint(_ frame: Span<UInt8>, at offset: Int) throws(Stranger) -> LinkFrame {
        let number = try uint16(frame, at: offset)
        // An odd first octet is a number that was cut to one octet (RFC 1661 section 6.5).
        let count = number & 0x0100 != 0 ? 1 : 2
        let value = count == 1 ? number >> 8 : number
        guard value == PPPProtocol.ipv4 || value == PPPProtocol.ipv6 else { throw .notIP(UInt32(value)) }
        return LinkFrame(offset + count, .pointToPoint(at: offset, count: count))
    }

    private static func addressFamily(
        _ frame: Span<UInt8>, _ orders: [ByteOrder]
    ) throws(Stranger) -> LinkFrame {
        let (high, low) = (try uint16(frame, at: 0), try uint16(frame, at: 2))
        let value = UInt32(high) << 16 | UInt32(low)
        for order in orders {
            let family = order == .big ? value : value.byteSwapped
            if SocketFamily.ip.contains(family) { return LinkFrame(4, .addressFamily(order)) }
        }
        throw .notIP(orders.first == .big ? value : value.byteSwapped)
    }

    private static func uint16(_ frame: Span<UInt8>, at offset: Int) throws(Stranger) -> UInt16 {
        var rest = frame.extracting(droppingFirst: min(offset, frame.count))
        do throws(WireError) {
            return try rest.takeUInt16()
        } catch {
            throw .truncated
        }
    }
}

enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let ipv6: UInt16 = 0x86dd
}

enum PPPProtocol {
    static let ipv4: UInt16 = 0x21
    static let ipv6: UInt16 = 0x57
}

/// Numbers of IP's families in files of the systems that write loopback frames.
enum SocketFamily {
    static let ipv4: UInt32 = 2
    /// Darwin's, which all programs know.
    static let ipv6: UInt32 = 30
    /// NetBSD's and OpenBSD's, FreeBSD's, Linux's, Windows's.
    static let ip: Set<UInt32> = [ipv4, ipv6, 24, 28, 10, 23]
}
