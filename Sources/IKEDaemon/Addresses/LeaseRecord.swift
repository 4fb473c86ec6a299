package import Credentials
package import IPsec

/// One line of the file of leases: an address, the kind of an identity, and the identity's octets in hexadecimal.
///
///     10.9.0.5 fqdn 726f61642e6578616d706c652e6f7267
package struct LeaseRecord: Hashable, Sendable {
    package var address: IPAddress
    package var identity: Identity

    package init(address: IPAddress, identity: Identity) {
        self.address = address
        self.identity = identity
    }

    /// Reads a line; nil if it is none.
    package init?(_ line: some StringProtocol) {
        let words = line.split(separator: " ")
        guard words.count == 3, let address = IPAddress(words[0]), let octets = Self.octets(words[2]),
            let identity = Self.identity(words[1], octets)
        else { return nil }
        self.init(address: address, identity: identity)
    }

    package var line: String {
        let (kind, octets): (String, [UInt8]) =
            switch identity {
            case .address(let address): ("address", address.bytes)
            case .fqdn(let name): ("fqdn", Array(name.utf8))
            case .userFQDN(let name): ("user_fqdn", Array(name.utf8))
            case .keyID(let octets): ("keyid", octets)
            case .distinguishedName(let der): ("asn1dn", der)
            case .other(let type, let content): ("type\(type)", content)
            }
        let digits = octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(address) \(kind) \(digits)"
    }

    private static func identity(_ kind: some StringProtocol, _ octets: [UInt8]) -> Identity? {
        switch kind {
        case "address": IPAddress(bytes: octets).map(Identity.address)
        case "fqdn": String(validating: octets, as: UTF8.self).map(Identity.fqdn)
        case "user_fqdn": String(validating: octets, as: UTF8.self).map(Identity.userFQDN)
        case "keyid": .keyID(octets)
        case "asn1dn": .distinguishedName(octets)
        default:
            kind.hasPrefix("type")
                ? UInt8(kind.dropFirst(4)).map { .other(type: $0, content: octets) } : nil
        }
    }

    private static func octets(_ digits: some StringProtocol) -> [UInt8]? {
        guard digits.utf8.count.isMultiple(of: 2) else { return nil }
        var octets: [UInt8] = []
        var high: UInt8?
        for character in digits {
            guard let value = character.hexDigitValue else { return nil }
            let nibble = UInt8(truncatingIfNeeded: value)
            if let first = high {
                octets.append(first << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
        return octets.isEmpty ? nil : octets
    }
}
