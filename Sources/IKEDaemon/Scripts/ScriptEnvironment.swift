import Credentials
import IPsec
import Negotiation

/// What a script learns of the occasion, in racoon's variables.
struct ScriptEnvironment {
    var path: Path
    var identity: Identity?
    /// What the peer gave us.
    var configuration: AssignedConfiguration?

    /// `NAME=value` each.
    var variables: [String] {
        var pairs = [
            ("LOCAL_ADDR", path.local.address.description), ("LOCAL_PORT", String(path.local.port)),
            ("REMOTE_ADDR", path.remote.address.description), ("REMOTE_PORT", String(path.remote.port)),
        ]
        if let identity { pairs.append(("REMOTE_ID", Self.harmless(identity.description))) }
        if let configuration { pairs += Self.pairs(configuration) }
        return pairs.map { "\($0)=\($1)" }
    }

    private static func pairs(_ configuration: AssignedConfiguration) -> [(String, String)] {
        let four = configuration.addresses.first { $0.family == .ipv4 }
        let six = configuration.addresses.first { $0.family == .ipv6 }
        let servers = Dictionary(grouping: configuration.nameServers, by: \.family)
            .mapValues { $0.map(\.description) }
        let networks = Dictionary(grouping: configuration.networks, by: \.family)
            .mapValues { $0.map(\.description).joined(separator: " ") }
        let domains = configuration.domains.map(harmless)
        return [
            ("INTERNAL_ADDR4", four?.description ?? ""),
            ("INTERNAL_NETMASK4", four == nil ? "" : "255.255.255.255"),
            ("INTERNAL_CIDR4", four == nil ? "0" : "32"),
            ("INTERNAL_DNS4", servers[.ipv4]?.first ?? ""),
            ("INTERNAL_DNS4_LIST", servers[.ipv4]?.joined(separator: " ") ?? ""),
            ("INTERNAL_ADDR6", six?.description ?? ""),
            ("INTERNAL_DNS6_LIST", servers[.ipv6]?.joined(separator: " ") ?? ""),
            ("DEFAULT_DOMAIN", domains.first ?? ""),
            ("INTERNAL_SPLITDNS_DOMAINS", domains.joined(separator: " ")),
            ("SPLIT_INCLUDE_CIDR", networks[.ipv4] ?? ""),
            ("SPLIT_INCLUDE6_CIDR", networks[.ipv6] ?? ""),
        ]
    }

    /// What a peer chose, without what a careless script might trip over: letters, digits and `.-_@:/=,+` stay, 256 at most.
    static func harmless(_ text: String) -> String {
        let plain = text.prefix(256).map { character in
            let isPlain = character.isASCII && (character.isLetter || character.isNumber)
            return isPlain || ".-_@:/=,+".contains(character) ? character : "?"
        }
        // What begins with a dash would be taken for an option.
        return plain.first == "-" ? "?" + String(plain.dropFirst()) : String(plain)
    }
}
