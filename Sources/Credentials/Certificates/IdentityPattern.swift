/// Which identities of a peer a configuration accepts.
package enum IdentityPattern: Hashable, Sendable {
    case any
    case exactly(Identity)
    /// A name in which a value `*` stands for any value.
    case distinguishedName(DistinguishedName)
    /// `*.example.org`: the labels behind the asterisk; one label or more must stand for it.
    case hostsBelow(String)
    /// `*@example.org`: the host behind the asterisk.
    case mailboxesAt(String)

    /// The pattern that an identity from a configuration spells: wildcards count only in the forms above.
    package init(_ identity: Identity) {
        switch identity {
        case .fqdn("*"): self = .any
        case .fqdn(let name) where name.hasPrefix("*."): self = .hostsBelow(String(name.dropFirst(2)))
        case .userFQDN(let name) where name.hasPrefix("*@"):
            self = .mailboxesAt(String(name.dropFirst(2)))
        case .distinguishedName(let der):
            if let name = try? DistinguishedName(der: der) {
                self = .distinguishedName(name)
            } else {
                self = .exactly(identity)
            }
        case .address, .fqdn, .userFQDN, .keyID, .other: self = .exactly(identity)
        }
    }

    /// Whether the identity that a peer sent is one of these.
    package func matches(_ identity: Identity) -> Bool {
        switch self {
        case .any: return true
        case .exactly(.fqdn(let name)):
            guard case .fqdn(let found) = identity else { return false }
            return Self.isSame(name, found)
        case .exactly(let wanted): return wanted == identity
        case .distinguishedName(let pattern):
            guard case .distinguishedName(let der) = identity, let name = try? DistinguishedName(der: der)
            else { return false }
            return pattern.matches(name)
        case .hostsBelow(let suffix):
            guard case .fqdn(let found) = identity else { return false }
            return Self.isBelow(found, "." + suffix)
        case .mailboxesAt(let host):
            guard case .userFQDN(let found) = identity else { return false }
            return Self.isBelow(found, "@" + host)
        }
    }

    /// Whether more than one identity may match.
    package var isForMany: Bool {
        switch self {
        case .any, .hostsBelow, .mailboxesAt: true
        case .distinguishedName(let name): name.hasWildcards
        case .exactly: false
        }
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        Certificate.asciiLowercased(left) == Certificate.asciiLowercased(right)
    }

    private static func isBelow(_ name: String, _ suffix: String) -> Bool {
        let name = Certificate.asciiLowercased(name)
        let suffix = Certificate.asciiLowercased(suffix)
        return name.count > suffix.count && name.suffix(suffix.count).elementsEqual(suffix)
            && !name.contains(0) && name.first != UInt8(ascii: ".")
    }
}

extension IdentityPattern: CustomStringConvertible {
    package var description: String {
        switch self {
        case .any: "any identity"
        case .exactly(let identity): "\(identity)"
        case .distinguishedName(let name): "\(name)"
        case .hostsBelow(let suffix): "*.\(suffix)"
        case .mailboxesAt(let host): "*@\(host)"
        }
    }
}
