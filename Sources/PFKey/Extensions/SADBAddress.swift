package import IPsec
import Wire

/// An address with a prefix length, a port and a protocol (`struct sadb_address`, RFC 2367 section 2.3.3).
package struct SADBAddress: Hashable, Sendable {
    package enum Role: Hashable, Sendable {
        case source
        case destination
        /// Linux: the source that inner packets must have.
        case proxy
        /// The address before a NAT.
        case original

        var type: SADBExtensionType {
            switch self {
            case .source: .addressSource
            case .destination: .addressDestination
            case .proxy: .addressProxy
            case .original: .natTraversalOriginalAddress
            }
        }
    }

    /// Upper-layer protocol number; 255 for any in policies, not used in SAs.
    package var upperProtocol: UInt8
    package var prefixLength: UInt8
    package var endpoint: SADBSocketAddress

    /// 255 stands for any protocol.
    package static let anyProtocol: UInt8 = 255

    package init(upperProtocol: UInt8, prefixLength: UInt8, endpoint: SADBSocketAddress) {
        self.upperProtocol = upperProtocol
        self.prefixLength = prefixLength
        self.endpoint = endpoint
    }

    /// One address alone.
    package init(host address: IPAddress, port: UInt16 = 0, upperProtocol: UInt8 = 0) {
        self.init(
            upperProtocol: upperProtocol, prefixLength: UInt8(address.family.addressBits),
            endpoint: SADBSocketAddress(address, port: port))
    }

    /// A network.
    package init(_ prefix: IPPrefix, port: UInt16 = 0, upperProtocol: UInt8) {
        self.init(
            upperProtocol: upperProtocol, prefixLength: UInt8(prefix.length),
            endpoint: SADBSocketAddress(prefix.address, port: port))
    }

    package var address: IPAddress { endpoint.address }

    /// The network; host bits count for nothing.
    package var prefix: IPPrefix {
        IPPrefix(endpoint.address, length: Int(prefixLength)) ?? IPPrefix(host: endpoint.address)
    }

    init(_ type: SADBExtensionType, _ body: inout Span<UInt8>) throws {
        upperProtocol = try body.takeUInt8()
        prefixLength = try body.takeUInt8()
        try body.skip(2)
        endpoint = try SADBSocketAddress(type, &body)
        try body.skipPadding()
        guard prefixLength <= endpoint.address.family.addressBits else {
            throw SADBError.malformed(
                type,
                "has a prefix of \(prefixLength) bits where \(endpoint.address.family.addressBits) are the most"
            )
        }
    }

    func put(into writer: inout ByteWriter) {
        writer.put(upperProtocol)
        writer.put(prefixLength)
        writer.putZeros(2)
        endpoint.put(into: &writer)
    }
}
