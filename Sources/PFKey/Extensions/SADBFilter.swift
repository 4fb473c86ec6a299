package import IPsec
import Wire

/// Which SAs a dump is to give (`struct sadb_x_filter`): those between two networks.
package struct SADBFilter: Hashable, Sendable {
    /// 16 octets, of which IPv4 uses the first four.
    package var source: [UInt8]
    package var destination: [UInt8]
    /// AF_INET, AF_INET6, or anything else for both.
    package var family: UInt16
    package var sourceLength: UInt8
    package var destinationLength: UInt8

    package init(source: IPPrefix, destination: IPPrefix) {
        self.source = Self.octets(source)
        self.destination = Self.octets(destination)
        family = source.family == .ipv4 ? SADBSocketAddress.ipv4 : SADBSocketAddress.ipv6
        sourceLength = UInt8(source.length)
        destinationLength = UInt8(destination.length)
    }

    init(_ body: inout Span<UInt8>) throws(WireError) {
        source = try body.takeBytes(16)
        destination = try body.takeBytes(16)
        family = try body.takeHostUInt16()
        sourceLength = try body.takeUInt8()
        destinationLength = try body.takeUInt8()
    }

    /// Whether both prefixes are ones that an address can have.
    package var isPossible: Bool { sourceLength <= 128 && destinationLength <= 128 }

    /// Whether an SA between two addresses is of those; prefixes are compared in the octets that addresses have.
    package func selects(source: IPAddress, destination: IPAddress) -> Bool {
        let hasFamily = family == SADBSocketAddress.ipv4 || family == SADBSocketAddress.ipv6
        guard !hasFamily || (family == SADBSocketAddress.ipv4) == (source.family == .ipv4) else {
            return false
        }
        return Self.agrees(source, self.source, sourceLength)
            && Self.agrees(destination, self.destination, destinationLength)
    }

    private static func octets(_ prefix: IPPrefix) -> [UInt8] {
        let octets = prefix.address.bytes
        return octets + [UInt8](repeating: 0, count: 16 - octets.count)
    }

    private static func agrees(_ address: IPAddress, _ octets: [UInt8], _ length: UInt8) -> Bool {
        let wanted = IPAddress(bytes: octets.prefix(address.bytes.count))
        let length = min(Int(length), address.family.addressBits)
        return wanted.flatMap { IPPrefix($0, length: length) }?.contains(address) ?? false
    }

    func put(into writer: inout ByteWriter) {
        writer.put(source)
        writer.put(destination)
        writer.put(host: family)
        writer.put(sourceLength)
        writer.put(destinationLength)
    }
}
