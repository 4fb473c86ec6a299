import IPsec
import LinuxIO
import Netlink

/// The rtnetlink requests for our routing rule and our routes.
struct RouteMessages {
    /// What our own sockets' packets carry, so that they pass the rule by.
    static let mark: UInt32 = 0x5349
    static let rulePriority: UInt32 = 220

    /// The routing table that holds the routes into the TUN device.
    private static let messages = RoutingTableMessages(
        table: 5349, rulePriority: rulePriority, exemptMark: mark)

    static func addRule(_ family: AddressFamily) -> NetlinkRequest {
        messages.addRule(family: family.socketFamily)
    }

    static func deleteRule(_ family: AddressFamily) -> NetlinkRequest {
        messages.deleteRule(family: family.socketFamily)
    }

    /// Routes a network through a device, packets of our own leaving from `source` unless they have a source.
    static func addRoute(_ prefix: IPPrefix, through device: UInt32, source: IPAddress?) -> NetlinkRequest {
        messages.addRoute(route(prefix, device, source))
    }

    static func deleteRoute(_ prefix: IPPrefix, through device: UInt32) -> NetlinkRequest {
        messages.deleteRoute(route(prefix, device, nil))
    }

    private static func route(
        _ prefix: IPPrefix, _ device: UInt32, _ source: IPAddress?
    ) -> RoutingTableMessages.Route {
        RoutingTableMessages.Route(
            family: prefix.family.socketFamily, network: prefix.address.bytes, length: prefix.length,
            device: device, source: source?.bytes)
    }
}
