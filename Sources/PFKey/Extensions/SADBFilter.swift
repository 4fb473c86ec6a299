package import IPsec
import Wire

/// Which SAs a dump is to give (`struct sadb_x_filter`): those between two networks.
package struct SADBFilter: Hashable, Sendable {
    package var source: IPPrefix
    package var destination: IPPrefix

    package init(source: IPPrefix, destination: IPPrefix) {
        self.source = source
        self.destination = destination
    }

    init(_ type: SADBExtensionType, _ body: inout Span<UInt8>) throws {
        let source = try body.takeBytes(16)
        let destination = try body.takeBytes(16)
        let family = try body.takeHostUInt16()
        let lengths = (try body.takeUInt8(), try body.takeUInt8())
        try body.skipPadding()
        self.source = try Self.prefix(type, source, lengths.0, family)
        self.destination = try Self.prefix(type, destination, lengths.1, family)
    }

    private static func prefix(
        _ type: SADBExtensionType, _ octets: [UInt8], _ length: UInt8, _ family: UInt16
    ) throws(SADBError) -> IPPrefix {
        guard family == SADBSocketAddress.ipv4 || family == SADBSocketAddress.ipv6 else {
            throw .malformed(type, "has family \(family), which is neither 2 (IPv4) nor 10 (IPv6)")
        }
        let address = IPAddress(bytes: octets.prefix(family == SADBSocketAddress.ipv4 ? 4 : 16))
        guard let prefix = address.flatMap({ IPPrefix($0, length: Int(length)) }) else {
            throw .malformed(type, "has a prefix of \(length) bits, which is too long")
        }
        return prefix
    }

    func put(into writer: inout ByteWriter) {
        for prefix in [source, destination] {
            writer.put(prefix.address.bytes)
            writer.putZeros(16 - prefix.address.bytes.count)
        }
        writer.put(host: source.family == .ipv4 ? SADBSocketAddress.ipv4 : SADBSocketAddress.ipv6)
        writer.put(UInt8(source.length))
        writer.put(UInt8(destination.length))
    }
}
