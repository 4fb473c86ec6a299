import Glibc
import IPsec
import Netlink
import Synchronization

/// The routes that lead what is to be protected into the TUN device, kept as wanted.
struct RouteTable {
    private final class Outcome: Sendable {
        let refusal = Mutex<NetlinkRefusal?>(nil)
    }

    private var pipeline: NetlinkPipeline
    private let device: UInt32
    private var routes: [IPPrefix: IPAddress?] = [:]
    private var families: [AddressFamily] = []

    /// Adds the rule by which everything but our own packets meets the routes.
    ///
    /// A rule that an earlier process left behind is taken over.
    init(device: UInt32) throws(DatabaseFailure) {
        self.device = device
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

    /// Adds and removes routes until they are `wanted`: a network, and the source for packets of our own.
    mutating func update(to wanted: [IPPrefix: IPAddress?]) throws(DatabaseFailure) {
        for prefix in routes.keys where wanted[prefix] == nil {
            _ = carryOut(RouteMessages.deleteRoute(prefix, through: device))
            routes[prefix] = nil
        }
        for (prefix, source) in wanted where routes[prefix] != .some(source) {
            if let refusal = carryOut(RouteMessages.addRoute(prefix, through: device, source: source)) {
                throw DatabaseFailure(.other, "Cannot route \(prefix) into the TUN device: \(refusal).")
            }
            routes[prefix] = source
        }
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
