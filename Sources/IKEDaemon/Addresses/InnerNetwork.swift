package import IPsec
import Negotiation

/// What the host does about addresses that peers gave us; a sentence where it could not.
package struct HostAddressing: Sendable {
    package var add: @Sendable (IPAddress) -> String?
    package var remove: @Sendable (IPAddress) -> String?
    /// Has packets to a network leave from an address, on the way that leads to a gateway; nothing where the data plane
    /// makes routes of its own.
    package var route: @Sendable (IPPrefix, _ source: IPAddress, _ gateway: IPAddress) -> String?
    package var unroute: @Sendable (IPPrefix, _ source: IPAddress) -> String?

    package init(
        add: @escaping @Sendable (IPAddress) -> String?, remove: @escaping @Sendable (IPAddress) -> String?,
        route: @escaping @Sendable (IPPrefix, _ source: IPAddress, _ gateway: IPAddress) -> String?,
        unroute: @escaping @Sendable (IPPrefix, _ source: IPAddress) -> String?
    ) {
        self.add = add
        self.remove = remove
        self.route = route
        self.unroute = unroute
    }
}

/// Everything that is inside tunnels: addresses given and taken, and the policies that come and go with child SAs.
///
/// The same for all shards.
package struct InnerNetwork: Sendable {
    package let leases: LeaseKeeper
    /// Learn of peers and of what they gave us.
    package let scripts: PeerScripts
    let policies: BroughtPolicies
    private let host: HostAddressing
    private let log: Log

    package init(
        leases: LeaseKeeper, policies: BroughtPolicies, host: HostAddressing, scripts: PeerScripts, log: Log
    ) {
        self.leases = leases
        self.scripts = scripts
        self.policies = policies
        self.host = host
        self.log = log
    }

    func apply(_ configuration: AssignedConfiguration, peer: String) {
        for address in configuration.addresses { note(host.add(address), peer) }
    }

    func withdraw(_ configuration: AssignedConfiguration, peer: String) {
        for address in configuration.addresses { note(host.remove(address), peer) }
    }

    func protect(_ traffic: ProtectedTraffic) {
        policies.protect(traffic)
        for (network, source) in routes(traffic) {
            note(host.route(network, source, traffic.remoteAddress), traffic.tunnel ?? "")
        }
    }

    func unprotect(_ traffic: ProtectedTraffic) {
        for (network, source) in routes(traffic) { note(host.unroute(network, source), traffic.tunnel ?? "") }
        policies.unprotect(traffic)
    }

    /// Where packets go that are to leave from an address which we were given.
    private func routes(_ traffic: ProtectedTraffic) -> [(IPPrefix, IPAddress)] {
        guard traffic.assigned == .local else { return [] }
        return traffic.local.flatMap { own in
            traffic.remote.filter { $0.family == own.family }.flatMap(\.prefixes).map { ($0, own.first) }
        }
    }

    private func note(_ trouble: String?, _ name: String) {
        if let trouble { log.write(.error, trouble, about: name) }
    }
}
