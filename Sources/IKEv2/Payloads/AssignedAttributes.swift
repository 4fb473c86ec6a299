import IPsec
import Negotiation

/// What is given, as configuration attributes (RFC 7296 section 3.15.1).
extension AssignedConfiguration {
    /// Networks and servers that are taken of one peer; more are ignored.
    private static let mostEntries = 64

    /// Takes what can be used; whatever is malformed, or no address of a host, is left out.
    init(_ payload: ConfigurationPayload) {
        self.init()
        for attribute in payload.attributes {
            switch attribute.type {
            case .internalIPv4Address: take(address: attribute.value)
            case .internalIPv6Address: take(address: Array(attribute.value.prefix(16)))
            case .internalIPv4DNS, .internalIPv6DNS: takeServer(attribute.value)
            case .internalIPv4Subnet, .internalIPv6Subnet: takeNetwork(attribute.value)
            case .internalDNSDomain: takeDomain(attribute.value)
            // An open registry.
            default: continue
            }
        }
    }

    private mutating func take(address octets: [UInt8]) {
        guard let address = IPAddress(bytes: octets), address.isForHosts,
            !addresses.contains(where: { $0.family == address.family })
        else { return }
        addresses.append(address)
    }

    private mutating func takeServer(_ octets: [UInt8]) {
        guard let address = IPAddress(bytes: octets), address.isForHosts,
            nameServers.count < Self.mostEntries
        else { return }
        nameServers.append(address)
    }

    /// An IPv4 address and a mask, or an IPv6 address and the length of a prefix.
    private mutating func takeNetwork(_ octets: [UInt8]) {
        let size = octets.count == 8 ? 4 : 16
        guard octets.count == 8 || octets.count == 17, networks.count < Self.mostEntries,
            let address = IPAddress(bytes: octets.prefix(size))
        else { return }
        let mask = octets.dropFirst(size)
        let length = size == 16 ? Int(mask.first ?? 0) : mask.reduce(0) { $0 + $1.nonzeroBitCount }
        guard let prefix = IPPrefix(address, length: length),
            size == 16
                || IPPrefix(IPAddress(family: .ipv4, value: .max >> 96), length: length)?.address.bytes
                    == Array(mask)
        else { return }
        networks.append(prefix)
    }

    /// A name that goes into logs and files; anything but letters, digits, `-` and `.` is no domain.
    private mutating func takeDomain(_ octets: [UInt8]) {
        guard (1...255).contains(octets.count), domains.count < Self.mostEntries else { return }
        let text = String(decoding: octets, as: UTF8.self)
        guard text.utf8.allSatisfy(\.isPartOfDomain) else { return }
        domains.append(text)
    }

    /// What a CFG_REPLY says.
    var attributes: [ConfigurationPayload.Attribute] {
        var attributes = addresses.map { address in
            ConfigurationPayload.Attribute(
                address.family == .ipv4 ? .internalIPv4Address : .internalIPv6Address, address.hostValue)
        }
        attributes += nameServers.map { server in
            .init(server.family == .ipv4 ? .internalIPv4DNS : .internalIPv6DNS, server.bytes)
        }
        attributes += networks.map { network in
            let isIPv4 = network.family == .ipv4
            let length = UInt8(truncatingIfNeeded: network.length)
            return .init(
                isIPv4 ? .internalIPv4Subnet : .internalIPv6Subnet,
                network.address.bytes + (isIPv4 ? network.mask : [length]))
        }
        return attributes + domains.map { .init(.internalDNSDomain, Array($0.utf8)) }
    }

    /// What a CFG_REQUEST asks for: addresses, the ones we had if we had any, and what goes with them.
    static func request(
        _ families: Set<AddressFamily>, former: [IPAddress]
    ) -> [ConfigurationPayload.Attribute] {
        var attributes: [ConfigurationPayload.Attribute] = []
        for family in [AddressFamily.ipv4, .ipv6] where families.contains(family) {
            let isIPv4 = family == .ipv4
            let value = former.first { $0.family == family }?.hostValue ?? []
            attributes += [
                .init(isIPv4 ? .internalIPv4Address : .internalIPv6Address, value),
                .init(isIPv4 ? .internalIPv4DNS : .internalIPv6DNS),
                .init(isIPv4 ? .internalIPv4Subnet : .internalIPv6Subnet),
            ]
        }
        return attributes + [.init(.internalDNSDomain)]
    }
}

extension ConfigurationPayload {
    /// Families of which an address is asked for.
    var families: Set<AddressFamily> {
        Set(
            attributes.compactMap { attribute in
                switch attribute.type {
                case .internalIPv4Address: .ipv4
                case .internalIPv6Address: .ipv6
                // An open registry.
                default: nil
                }
            })
    }
}

extension Message {
    /// The configuration payload of a kind, if there is one.
    func configuration(_ kind: ConfigurationPayload.Kind) -> ConfigurationPayload? {
        payloads.lazy.compactMap { payload in
            if case .configuration(let configuration) = payload, configuration.kind == kind {
                configuration
            } else {
                nil
            }
        }.first
    }
}

extension IPAddress {
    /// Whether one host can have it: neither unspecified, nor loopback, nor a group.
    fileprivate var isForHosts: Bool {
        switch family {
        case .ipv4: value >> 24 != 0 && value >> 24 != 127 && value >> 28 < 0xe
        case .ipv6: value > 1 && value >> 120 != 0xff && !isLinkLocal
        }
    }

    /// The value of an attribute that gives it to a host.
    fileprivate var hostValue: [UInt8] { family == .ipv4 ? bytes : bytes + [128] }
}

extension IPPrefix {
    /// As an IPv4 mask.
    fileprivate var mask: [UInt8] {
        IPPrefix(IPAddress(family: .ipv4, value: .max >> 96), length: length)?.address.bytes ?? []
    }
}

extension UInt8 {
    fileprivate var isPartOfDomain: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
