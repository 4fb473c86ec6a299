package import Credentials
package import IPsec

/// Which side's traffic begins at an address that one side gives the other (RFC 7296 section 2.19).
package enum AssignedSide: Hashable, Sendable {
    /// We ask the peer for ours.
    case local
    /// The peer asks us for its own.
    case remote
}

/// What one side gives the other to use inside.
package struct AssignedConfiguration: Hashable, Sendable {
    /// At most one of each family.
    package var addresses: [IPAddress]
    package var nameServers: [IPAddress]
    /// Networks that are reached this way; none where everything is.
    package var networks: [IPPrefix]
    /// Domains whose names the name servers know.
    package var domains: [String]

    package init(
        addresses: [IPAddress] = [], nameServers: [IPAddress] = [], networks: [IPPrefix] = [],
        domains: [String] = []
    ) {
        self.addresses = addresses
        self.nameServers = nameServers
        self.networks = networks
        self.domains = domains
    }
}

/// What a `mode_cfg` block gives to peers that ask.
package struct AddressPoolPolicy: Hashable, Sendable {
    /// Addresses to give out, at most one range of each family; the range may not be larger than `largest`.
    package var ranges: [TrafficSelector]
    /// What goes with an address.
    package var configuration: AssignedConfiguration
    /// Where the block starts, `swiftike.conf:9`.
    package var origin: String

    /// Addresses that a pool may have at most.
    package static let largest = 1 << 24

    package init(
        ranges: [TrafficSelector], configuration: AssignedConfiguration = AssignedConfiguration(),
        origin: String = ""
    ) {
        self.ranges = ranges
        self.configuration = configuration
        self.origin = origin
    }
}

/// A question to whoever keeps the pool; asked only for peers that are authenticated.
package struct LeaseRequest: Hashable, Sendable {
    package var identity: Identity
    /// Where the peer is outside: whoever comes from there as the same is not a second device.
    package var remoteAddress: IPAddress
    /// The peer says that it has nothing else with us.
    package var isOnlyContact: Bool
    package var families: Set<AddressFamily>
    /// What the peer would like to have, or had before.
    package var preferred: [IPAddress]

    package init(
        identity: Identity, remoteAddress: IPAddress, isOnlyContact: Bool = false,
        families: Set<AddressFamily>, preferred: [IPAddress] = []
    ) {
        self.identity = identity
        self.remoteAddress = remoteAddress
        self.isOnlyContact = isOnlyContact
        self.families = families
        self.preferred = preferred
    }
}

/// Why no address is given; a sentence for our own log.
package struct LeaseFailure: Error, Hashable, Sendable {
    package var sentence: String

    package init(_ sentence: String) {
        self.sentence = sentence
    }
}

extension AssignedConfiguration: CustomStringConvertible {
    /// `10.9.0.5, name server 10.1.0.53, networks 10.1.0.0/16, domain example.org`.
    package var description: String {
        var parts = addresses.map(\.description)
        if !nameServers.isEmpty {
            parts.append("name server " + nameServers.map(\.description).joined(separator: " and "))
        }
        if !networks.isEmpty {
            parts.append("networks " + networks.map(\.description).joined(separator: " and "))
        }
        if !domains.isEmpty { parts.append("domain " + domains.joined(separator: " and ")) }
        return parts.joined(separator: ", ")
    }
}
