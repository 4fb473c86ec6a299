package import Credentials
package import IPsec
import ISAKMP
import Wire

/// Who a peer is in phase 1, or one side of the traffic in phase 2 (RFC 2407 section 4.6.2).
///
///     +---------------+---------------+-------------------------------+
///     !    ID type    !  Protocol ID  !             Port              !
///     +---------------+---------------+-------------------------------+
///     ~                      Identification data                      ~
///     +---------------------------------------------------------------+
package struct IdentificationPayload: Hashable, Sendable {
    package var type: IdentificationType
    /// Upper-layer protocol number; 0 for any.
    package var protocolNumber: UInt8
    /// Host byte order; 0 for any.
    package var port: UInt16
    package var content: [UInt8]

    package init(type: IdentificationType, protocolNumber: UInt8 = 0, port: UInt16 = 0, content: [UInt8]) {
        self.type = type
        self.protocolNumber = protocolNumber
        self.port = port
        self.content = content
    }

    package init(body: Span<UInt8>) throws(MessageError) {
        self = try MessageError.reading(.identification, body) { rest throws(WireError) in
            IdentificationPayload(
                type: IdentificationType(rawValue: try rest.takeUInt8()),
                protocolNumber: try rest.takeUInt8(), port: try rest.takeUInt16(),
                content: rest.takeRemainingBytes())
        }
    }

    /// The body of the payload: IDii_b and IDir_b of HASH_I and HASH_R (RFC 2409 section 5).
    package var body: [UInt8] {
        var writer = ByteWriter(capacity: size)
        write(to: &writer)
        return writer.bytes
    }

    /// Octets of the body.
    var size: Int { 4 + content.count }

    /// Writes the body.
    func write(to writer: inout ByteWriter) {
        writer.put(type.rawValue)
        writer.put(protocolNumber)
        writer.put(port)
        writer.put(content)
    }
}

/// Identities.
extension IdentificationPayload {
    /// - Parameter port: UDP port and protocol as phase 1 names them: both 0, or 17 and 500.
    package init(_ identity: Identity, protocolNumber: UInt8 = 0, port: UInt16 = 0) {
        let (type, content): (IdentificationType, [UInt8]) =
            switch identity {
            case .address(let address): (Self.hostType(address.family), address.bytes)
            case .fqdn(let name): (.fqdn, Array(name.utf8))
            case .userFQDN(let name): (.userFQDN, Array(name.utf8))
            case .keyID(let octets): (.keyID, octets)
            case .distinguishedName(let der): (.distinguishedName, der)
            case .other(let type, let content): (IdentificationType(rawValue: type), content)
            }
        self.init(type: type, protocolNumber: protocolNumber, port: port, content: content)
    }

    /// The identity the payload states; types without a form of their own come as `other`.
    ///
    /// - Throws: when it is empty, or an address of the wrong size.
    package var identity: Identity {
        get throws(MessageError) {
            guard !content.isEmpty else {
                throw Self.error(.size(type.description, found: 0, expected: "at least 1"))
            }
            switch type {
            case .ipv4Address, .ipv6Address: return .address(try addresses(1)[0])
            case .fqdn: return name.map(Identity.fqdn) ?? other
            case .userFQDN: return name.map(Identity.userFQDN) ?? other
            case .keyID: return .keyID(content)
            case .distinguishedName: return .distinguishedName(content)
            default: return other
            }
        }
    }

    /// Two names that differ in octets must not become one by repair of their encoding.
    private var name: String? { String(validating: content, as: UTF8.self) }

    private var other: Identity { .other(type: type.rawValue, content: content) }
}

/// Traffic selectors.
extension IdentificationPayload {
    /// A host, a subnet or a range, whichever is the simplest; nil where IKEv1 has no word for the ports.
    package init?(_ selector: TrafficSelector) {
        guard selector.ports == TrafficSelector.anyPort || selector.ports.count == 1 else { return nil }
        let isIPv4 = selector.family == .ipv4
        let type: IdentificationType
        let content: [UInt8]
        if selector.first == selector.last {
            type = Self.hostType(selector.family)
            content = selector.first.bytes
        } else if let prefix = selector.prefix {
            type = isIPv4 ? .ipv4Subnet : .ipv6Subnet
            content = prefix.address.bytes + Self.mask(prefix).bytes
        } else {
            type = isIPv4 ? .ipv4Range : .ipv6Range
            content = selector.first.bytes + selector.last.bytes
        }
        self.init(
            type: type, protocolNumber: selector.upperProtocol, port: selector.port, content: content)
    }

    /// The traffic that an address, subnet or range identification selects.
    ///
    /// - Throws: for other types, wrong sizes, masks with holes and reversed ranges.
    package var trafficSelector: TrafficSelector {
        get throws(MessageError) {
            switch type {
            case .ipv4Address, .ipv6Address:
                let host = try addresses(1)[0]
                return try selector(first: host, last: host)
            case .ipv4Subnet, .ipv6Subnet:
                let pair = try addresses(2)
                let prefix = try Self.prefix(pair[0], mask: pair[1])
                return try selector(first: prefix.address, last: prefix.last)
            case .ipv4Range, .ipv6Range:
                let pair = try addresses(2)
                return try selector(first: pair[0], last: pair[1])
            default:
                throw Self.error(
                    .field("ID type", found: UInt64(type.rawValue), expected: "an address, subnet or range"))
            }
        }
    }

    private func selector(first: IPAddress, last: IPAddress) throws(MessageError) -> TrafficSelector {
        let ports = port == 0 ? TrafficSelector.anyPort : port...port
        let selector = TrafficSelector(first: first, last: last, upperProtocol: protocolNumber, ports: ports)
        guard let selector else { throw Self.error(.content("range \(first) to \(last) is reversed")) }
        return selector
    }

    /// The content as exactly `count` addresses of the type's family.
    private func addresses(_ count: Int) throws(MessageError) -> [IPAddress] {
        let size = isIPv4 ? 4 : 16
        guard content.count == count * size else {
            throw Self.error(.size(type.description, found: content.count, expected: "\(count * size)"))
        }
        return stride(from: 0, to: content.count, by: size).compactMap {
            IPAddress(bytes: content[$0..<($0 + size)])
        }
    }

    private var isIPv4: Bool { type == .ipv4Address || type == .ipv4Subnet || type == .ipv4Range }

    private static func hostType(_ family: AddressFamily) -> IdentificationType {
        family == .ipv4 ? .ipv4Address : .ipv6Address
    }

    private static func mask(_ prefix: IPPrefix) -> IPAddress {
        IPAddress(family: prefix.family, value: ~(prefix.address.value ^ prefix.last.value))
    }

    private static func prefix(_ address: IPAddress, mask: IPAddress) throws(MessageError) -> IPPrefix {
        let width = mask.family.addressBits
        let length = (mask.value << UInt128(128 - width)).leadingOnes
        guard let prefix = IPPrefix(address, length: length), Self.mask(prefix) == mask else {
            throw error(.content("mask \(mask) has holes"))
        }
        return prefix
    }

    private static func error(_ reason: MessageError.Reason) -> MessageError {
        MessageError(.payload(.identification), reason)
    }
}

extension UInt128 {
    fileprivate var leadingOnes: Int { (~self).leadingZeroBitCount }
}
