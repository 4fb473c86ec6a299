/// What an identification payload holds: an open set (RFC 2407 section 4.6.2.1).
package struct IdentificationType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let ipv4Address = IdentificationType(rawValue: 1)
    package static let fqdn = IdentificationType(rawValue: 2)
    package static let userFQDN = IdentificationType(rawValue: 3)
    package static let ipv4Subnet = IdentificationType(rawValue: 4)
    package static let ipv6Address = IdentificationType(rawValue: 5)
    package static let ipv6Subnet = IdentificationType(rawValue: 6)
    package static let ipv4Range = IdentificationType(rawValue: 7)
    package static let ipv6Range = IdentificationType(rawValue: 8)
    package static let distinguishedName = IdentificationType(rawValue: 9)
    package static let generalName = IdentificationType(rawValue: 10)
    package static let keyID = IdentificationType(rawValue: 11)
}

extension IdentificationType: CustomStringConvertible {
    /// The name of RFC 2407, or `ID type 77`.
    package var description: String {
        switch self {
        case .ipv4Address: "ID_IPV4_ADDR"
        case .fqdn: "ID_FQDN"
        case .userFQDN: "ID_USER_FQDN"
        case .ipv4Subnet: "ID_IPV4_ADDR_SUBNET"
        case .ipv6Address: "ID_IPV6_ADDR"
        case .ipv6Subnet: "ID_IPV6_ADDR_SUBNET"
        case .ipv4Range: "ID_IPV4_ADDR_RANGE"
        case .ipv6Range: "ID_IPV6_ADDR_RANGE"
        case .distinguishedName: "ID_DER_ASN1_DN"
        case .generalName: "ID_DER_ASN1_GN"
        case .keyID: "ID_KEY_ID"
        default: "ID type \(rawValue)"
        }
    }
}
