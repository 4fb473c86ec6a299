import Glibc
import IPsec
import Netlink
import Synchronization

/// The routes that lead what is to be protected into the TUN device, kept as wanted.
struct RouteTable {
    /// Where packets to a network go.
    struct Route: Hashable, Sendable {
        /// The index of the device.
        var device: UInt32
        /// The address our own packets leave from; nil leaves that to the kernel.
        var source: IPAddress?
    }

    private final class Outcome: Sendable {
        let refusal = Mutex<NetlinkRefusal?>(nil)
    }

    private var pipeline: NetlinkPipeline
    private var routes: [IPPrefix: Route] = [:]
    private var families: [AddressFamily] = []

    /// Adds the rule by which everything but our own packets meets the routes.
    ///
    /// A rule that an earlier process left behind is taken over.
    init() throws(DatabaseFailure) {
        do {
            pipeline = try NetlinkPipeline(.route)
        } catch {
            throw DatabaseFailure(.other, "Cannot open a routing socket: \(error).")
        }
        let first = carryOut(RouteMessages.addRule(.ipv4))
        guard first == nil || first?.code == EEXIST else {
            throw DatabaseFailure(
                first?.code == EPERM ? .notPermitted : .other,
                "Cannot add the routing rule \(RouteMessages.rulePriority): \(first?.description ?? ""); "
                    + "it needs CAP_NET_ADMIN and a kernel with policy routing.")
        }
        families = [.ipv4]
        // A host without IPv6 has no rules for it either.
        let second = carryOut(RouteMessages.addRule(.ipv6))
        if second == nil || second?.code == EEXIST { families.append(.ipv6) }
    }

    /// Adds and removes routes until they are `wanted`.
    mutating func update(to wanted: [IPPrefix: Route]) throws(DatabaseFailure) {
        for prefix in routes.keys where wanted[prefix] == nil { try set(nil, to: prefix) }
        for (prefix, route) in wanted { try set(route, to: prefix) }
    }

    /// Makes the route to a network what it shall be; nil for none.
    mutating func set(_ wanted: Route?, to prefix: IPPrefix) throws(DatabaseFailure) {
        let former = routes[prefix]
        guard former != wanted else { return }
        if let former, former.device != wanted?.device {
            _ = carryOut(RouteMessages.deleteRoute(prefix, through: former.device))
            routes[prefix] = nil
        }
        guard let wanted else { return }
        let request = RouteMessages.addRoute(prefix, through: wanted.device, source: wanted.source)
        if let refusal = carryOut(request) {
            throw DatabaseFailure(.other, "Cannot route \(prefix) into the TUN device: \(refusal).")
        }
        routes[prefix] = wanted
    }

    /// Removes the routes and the rule.
    mutating func removeAll() {
        try? update(to: [:])
        for family in families { _ = carryOut(RouteMessages.deleteRule(family)) }
        families = []
    }

    private mutating func carryOut(_ request: NetlinkRequest) -> NetlinkRefusal? {
        let outcome = Outcome()
        pipeline.carryOut([
            NetlinkExchange(request) { refusal in outcome.refusal.withLock { $0 = refusal } }
        ])
        return outcome.refusal.withLock { $0 }
    }
}
