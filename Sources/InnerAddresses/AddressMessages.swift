import IPsec
import LinuxIO
import Netlink

/// The rtnetlink requests for addresses that a peer gave us, and for the routes that have packets leave from them.
struct AddressMessages {
    /// The routing table that holds the routes; looked up before the main one.
    private static let messages = RoutingTableMessages(table: 5350, rulePriority: 219, exemptMark: nil)

    private enum Kind {
        static let newAddress: UInt16 = 20
        static let deleteAddress: UInt16 = 21
        static let getRoute: UInt16 = 26
    }

    /// The way to a host: the device, and the next hop where there is one.
    struct Way: Hashable, Sendable {
        var device: UInt32
        var gateway: IPAddress?
    }

    static func addAddress(_ address: IPAddress, on device: UInt32) -> NetlinkRequest {
        self.address(address, device, Kind.newAddress, flags: NetlinkFlag.create | NetlinkFlag.exclusive)
    }

    static func deleteAddress(_ address: IPAddress, on device: UInt32) -> NetlinkRequest {
        self.address(address, device, Kind.deleteAddress, flags: 0)
    }

    /// struct ifaddrmsg, then IFA_ attributes.
    private static func address(
        _ address: IPAddress, _ device: UInt32, _ kind: UInt16, flags: UInt16
    ) -> NetlinkRequest {
        // The address is nobody else's: there is no need to ask the link for it.
        let withoutDetection: UInt8 = address.family == .ipv6 ? 0x02 : 0
        var request = NetlinkRequest(type: kind, flags: flags)
        request.put(UInt8(truncatingIfNeeded: address.family.socketFamily))
        request.put(UInt8(truncatingIfNeeded: address.family.addressBits))
        request.put(withoutDetection)
        request.put(UInt8(0))
        request.put(device)
        request.putAttribute(1) { $0.put(address.bytes) }
        request.putAttribute(2) { $0.put(address.bytes) }
        return request
    }

    static func addRule(_ family: AddressFamily) -> NetlinkRequest {
        messages.addRule(family: family.socketFamily)
    }

    static func deleteRule(_ family: AddressFamily) -> NetlinkRequest {
        messages.deleteRule(family: family.socketFamily)
    }

    static func addRoute(_ prefix: IPPrefix, _ way: Way, source: IPAddress) -> NetlinkRequest {
        messages.addRoute(route(prefix, way, source))
    }

    static func deleteRoute(_ prefix: IPPrefix, _ way: Way, source: IPAddress) -> NetlinkRequest {
        messages.deleteRoute(route(prefix, way, source))
    }

    private static func route(
        _ prefix: IPPrefix, _ way: Way, _ source: IPAddress
    ) -> RoutingTableMessages.Route {
        // The way leads to an outer address; a next hop of another family is none for what is inside.
        let gateway = way.gateway.flatMap { $0.family == prefix.family ? $0.bytes : nil }
        return RoutingTableMessages.Route(
            family: prefix.family.socketFamily, network: prefix.address.bytes, length: prefix.length,
            device: way.device, gateway: gateway, source: source.bytes)
    }

    /// `ip route get HOST`.
    static func findWay(to host: IPAddress) -> NetlinkRequest {
        var request = NetlinkRequest(type: Kind.getRoute, flags: 0)
        request.put(UInt8(truncatingIfNeeded: host.family.socketFamily))
        request.put(UInt8(truncatingIfNeeded: host.family.addressBits))
        request.putZeros(10)
        request.putAttribute(1) { $0.put(host.bytes) }
        return request
    }
}
