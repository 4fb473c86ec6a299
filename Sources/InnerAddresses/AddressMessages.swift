import IPsec
import LinuxIO
import Netlink

/// The rtnetlink requests for addresses that a peer gave us, and for the routes that have packets leave from them.
struct AddressMessages {
    /// The routing table that holds the routes; looked up before the main one.
    static let table: UInt32 = 5350
    static let rulePriority: UInt32 = 219

    private enum Kind {
        static let newAddress: UInt16 = 20
        static let deleteAddress: UInt16 = 21
        static let newRoute: UInt16 = 24
        static let deleteRoute: UInt16 = 25
        static let getRoute: UInt16 = 26
        static let newRule: UInt16 = 32
        static let deleteRule: UInt16 = 33
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

    /// `ip rule add priority 219 lookup TABLE`.
    static func addRule(_ family: AddressFamily) -> NetlinkRequest {
        rule(family, Kind.newRule, flags: NetlinkFlag.create | NetlinkFlag.exclusive)
    }

    static func deleteRule(_ family: AddressFamily) -> NetlinkRequest {
        rule(family, Kind.deleteRule, flags: 0)
    }

    /// struct fib_rule_hdr, then FRA_ attributes.
    private static func rule(_ family: AddressFamily, _ kind: UInt16, flags: UInt16) -> NetlinkRequest {
        let toTable: UInt8 = 1
        var request = NetlinkRequest(type: kind, flags: flags)
        request.put(UInt8(truncatingIfNeeded: family.socketFamily))
        request.putZeros(6)
        request.put(toTable)
        request.put(UInt32(0))
        request.putAttribute(6) { $0.put(rulePriority) }
        request.putAttribute(15) { $0.put(table) }
        return request
    }

    static func addRoute(_ prefix: IPPrefix, _ way: Way, source: IPAddress) -> NetlinkRequest {
        route(prefix, way, source, Kind.newRoute, flags: NetlinkFlag.create | NetlinkFlag.replace)
    }

    static func deleteRoute(_ prefix: IPPrefix, _ way: Way, source: IPAddress) -> NetlinkRequest {
        route(prefix, way, source, Kind.deleteRoute, flags: 0)
    }

    /// struct rtmsg, then RTA_ attributes.
    private static func route(
        _ prefix: IPPrefix, _ way: Way, _ source: IPAddress, _ kind: UInt16, flags: UInt16
    ) -> NetlinkRequest {
        let (setStatically, onLink, unicast): (UInt8, UInt8, UInt8) = (4, 253, 1)
        var request = NetlinkRequest(type: kind, flags: flags)
        request.put(UInt8(truncatingIfNeeded: prefix.family.socketFamily))
        request.put(UInt8(truncatingIfNeeded: prefix.length))
        request.putZeros(3)
        request.put(setStatically)
        request.put(prefix.family == .ipv4 && way.gateway == nil ? onLink : 0)
        request.put(unicast)
        request.put(UInt32(0))
        request.putAttribute(1) { $0.put(prefix.address.bytes) }
        request.putAttribute(4) { $0.put(way.device) }
        if let gateway = way.gateway, gateway.family == prefix.family {
            request.putAttribute(5) { $0.put(gateway.bytes) }
        }
        request.putAttribute(7) { $0.put(source.bytes) }
        request.putAttribute(15) { $0.put(table) }
        return request
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
