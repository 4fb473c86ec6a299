import ISAKMP
import Wire

/// What a configuration attribute is about: an open set (RFC 7296 section 3.15.1).
package struct ConfigurationAttributeType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let internalIPv4Address = ConfigurationAttributeType(rawValue: 1)
    package static let internalIPv4Netmask = ConfigurationAttributeType(rawValue: 2)
    package static let internalIPv4DNS = ConfigurationAttributeType(rawValue: 3)
    package static let internalIPv4NBNS = ConfigurationAttributeType(rawValue: 4)
    package static let internalIPv4DHCP = ConfigurationAttributeType(rawValue: 6)
    package static let applicationVersion = ConfigurationAttributeType(rawValue: 7)
    /// An address and the length of a prefix.
    package static let internalIPv6Address = ConfigurationAttributeType(rawValue: 8)
    package static let internalIPv6DNS = ConfigurationAttributeType(rawValue: 10)
    package static let internalIPv6DHCP = ConfigurationAttributeType(rawValue: 12)
    package static let internalIPv4Subnet = ConfigurationAttributeType(rawValue: 13)
    package static let supportedAttributes = ConfigurationAttributeType(rawValue: 14)
    package static let internalIPv6Subnet = ConfigurationAttributeType(rawValue: 15)
    /// RFC 8598.
    package static let internalDNSDomain = ConfigurationAttributeType(rawValue: 25)
}

/// Addresses and settings that one side wants or gives (RFC 7296 section 3.15).
///
///     +---------------+-----------------------------------------------+
///     |   CFG type    |                   Reserved                    |
///     +-+-------------+---------------+-------------------------------+
///     |R|       Attribute type        |            Length             |
///     +-+-----------------------------+-------------------------------+
///     ~                             Value                             ~
///     +---------------------------------------------------------------+
package struct ConfigurationPayload: Hashable, Sendable {
    package enum Kind: UInt8, Hashable, Sendable {
        case request = 1
        case reply = 2
        case set = 3
        case acknowledgement = 4
    }

    package struct Attribute: Hashable, Sendable {
        package var type: ConfigurationAttributeType
        package var value: [UInt8]

        package init(_ type: ConfigurationAttributeType, _ value: [UInt8] = []) {
            self.type = type
            self.value = value
        }
    }

    /// Attributes that are read in one payload; more are refused.
    package static let maximumCount = 256

    package var kind: Kind
    package var attributes: [Attribute]

    package init(_ kind: Kind, _ attributes: [Attribute]) {
        self.kind = kind
        self.attributes = attributes
    }

    init(body: Span<UInt8>) throws(MessageError) {
        var isTooLong = false
        let (number, attributes) = try MessageError.reading(.configuration, body) { rest throws(WireError) in
            let number = try rest.takeUInt8()
            try rest.skip(3)
            var attributes: [Attribute] = []
            while !rest.isEmpty, !isTooLong {
                let type = ConfigurationAttributeType(rawValue: try rest.takeUInt16() & 0x7fff)
                let length = Int(try rest.takeUInt16())
                attributes.append(Attribute(type, try rest.takeBytes(length)))
                isTooLong = attributes.count > Self.maximumCount
            }
            return (number, attributes)
        }
        guard let kind = Kind(rawValue: number) else {
            throw Self.error(.field("CFG type", found: UInt64(number), expected: "1 to 4"))
        }
        guard !isTooLong else { throw Self.error(.content("more than \(Self.maximumCount) attributes")) }
        self.init(kind, attributes)
    }

    func write(to writer: inout ByteWriter) throws(MessageError) {
        try MessageError.writing(.configuration, to: &writer) { writer throws(WireError) in
            writer.put(kind.rawValue)
            writer.putZeros(3)
            for attribute in attributes {
                writer.put(attribute.type.rawValue & 0x7fff)
                try writer.putLengthPrefixed16(including: -2) { writer in writer.put(attribute.value) }
            }
        }
    }

    private static func error(_ reason: MessageError.Reason) -> MessageError {
        MessageError(.payload(.configuration), reason)
    }
}
