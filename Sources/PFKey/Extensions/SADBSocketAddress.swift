package import IPsec
import Wire

/// A `struct sockaddr_in` (16 octets) or `sockaddr_in6` (28 octets).
package struct SADBSocketAddress: Hashable, Sendable {
    package var address: IPAddress
    /// Host byte order.
    package var port: UInt16
    /// IPv6's flow label, as on the wire; 0 for IPv4.
    package var flow: UInt32 = 0
    /// IPv6's interface; 0 for IPv4.
    package var scope: UInt32 = 0

    package init(_ address: IPAddress, port: UInt16 = 0) {
        self.address = address
        self.port = port
    }

    /// - Parameter type: the extension it is in, for the error.
    init(_ type: SADBExtensionType, _ body: inout Span<UInt8>) throws {
        let family = try body.takeHostUInt16()
        switch family {
        case Self.ipv4: try self.init(ipv4: &body)
        case Self.ipv6: try self.init(ipv6: &body)
        default:
            throw SADBError.malformed(
                type, "has an address of family \(family), which is neither 2 (IPv4) nor 10 (IPv6)")
        }
    }

    private init(ipv4 body: inout Span<UInt8>) throws(WireError) {
        port = try body.takeUInt16()
        address = IPAddress(family: .ipv4, value: UInt128(try body.takeUInt32()))
        try body.skip(8)
    }

    private init(ipv6 body: inout Span<UInt8>) throws(WireError) {
        port = try body.takeUInt16()
        flow = try body.takeUInt32()
        let high = try body.takeUInt64()
        let low = try body.takeUInt64()
        address = IPAddress(family: .ipv6, value: UInt128(high) << 64 | UInt128(low))
        scope = try body.takeHostUInt32()
    }

    func put(into writer: inout ByteWriter) {
        switch address.family {
        case .ipv4:
            writer.put(host: Self.ipv4)
            writer.put(port)
            writer.put(address.bytes)
            writer.putZeros(8)
        case .ipv6:
            writer.put(host: Self.ipv6)
            writer.put(port)
            writer.put(flow)
            writer.put(address.bytes)
            writer.put(host: scope)
        }
    }

    /// AF_INET and AF_INET6 of Linux.
    static let ipv4: UInt16 = 2
    static let ipv6: UInt16 = 10
}

/// Two addresses of one family, one after the other without padding (`SADB_X_EXT_KMADDRESS`).
package struct SADBAddressPair: Hashable, Sendable {
    package var source: SADBSocketAddress
    package var destination: SADBSocketAddress
    /// What Linux carries along and gives no meaning to.
    package var reserved: UInt32 = 0

    package init(source: SADBSocketAddress, destination: SADBSocketAddress) {
        self.source = source
        self.destination = destination
    }

    /// Reads the four reserved octets and both addresses.
    init(_ type: SADBExtensionType, _ body: inout Span<UInt8>) throws {
        let reserved = try body.takeHostUInt32()
        try self.init(bare: type, &body)
        self.reserved = reserved
    }

    /// Reads both addresses alone.
    init(bare type: SADBExtensionType, _ body: inout Span<UInt8>) throws {
        source = try SADBSocketAddress(type, &body)
        destination = try SADBSocketAddress(type, &body)
        guard source.address.family == destination.address.family else {
            throw SADBError.malformed(type, "has addresses of two families")
        }
    }

    func put(into writer: inout ByteWriter) {
        writer.put(host: reserved)
        putBare(into: &writer)
    }

    func putBare(into writer: inout ByteWriter) {
        source.put(into: &writer)
        destination.put(into: &writer)
    }
}
