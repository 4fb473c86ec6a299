import IPsec
import LinuxIO
import Netlink

/// The rtnetlink requests for our routing rule and our routes.
struct RouteMessages {
    /// The routing table that holds the routes into the TUN device.
    static let table: UInt32 = 5349
    /// What our own sockets' packets carry, so that they pass the rule by.
    static let mark: UInt32 = 0x5349
    /// Before the main table's 32766, behind the local table's 0.
    static let rulePriority: UInt32 = 220

    private enum Kind {
        static let newRoute: UInt16 = 24
        static let deleteRoute: UInt16 = 25
        static let newRule: UInt16 = 32
        static let deleteRule: UInt16 = 33
    }

    /// `ip rule add not fwmark MARK lookup TABLE`.
    static func addRule(_ family: AddressFamily) -> NetlinkRequest {
        rule(family, Kind.newRule, flags: NetlinkFlag.create | NetlinkFlag.exclusive)
    }

    static func deleteRule(_ family: AddressFamily) -> NetlinkRequest {
        rule(family, Kind.deleteRule, flags: 0)
    }

    /// Routes a network through a device, packets of our own leaving from `source` unless they have a source.
    static func addRoute(_ prefix: IPPrefix, through device: UInt32, source: IPAddress?) -> NetlinkRequest {
        route(
            prefix, device, source, kind: Kind.newRoute, flags: NetlinkFlag.create | NetlinkFlag.replace)
    }

    static func deleteRoute(_ prefix: IPPrefix, through device: UInt32) -> NetlinkRequest {
        route(prefix, device, nil, kind: Kind.deleteRoute, flags: 0)
    }

    /// struct fib_rule_hdr, then FRA_ attributes.
    private static func rule(_ family: AddressFamily, _ kind: UInt16, flags: UInt16) -> NetlinkRequest {
        let (toTable, invert): (UInt8, UInt32) = (1, 2)
        var request = NetlinkRequest(type: kind, flags: flags)
        request.put(UInt8(truncatingIfNeeded: family.socketFamily))
        request.putZeros(6)
        request.put(toTable)
        request.put(invert)
        request.putAttribute(6) { $0.put(rulePriority) }
        request.putAttribute(10) { $0.put(mark) }
        request.putAttribute(15) { $0.put(table) }
        request.putAttribute(16) { $0.put(UInt32.max) }
        return request
    }

    /// struct rtmsg, then RTA_ attributes.
    private static func route(
        _ prefix: IPPrefix, _ device: UInt32, _ source: IPAddress?, kind: UInt16, flags: UInt16
    ) -> NetlinkRequest {
        let (setStatically, onLink, unicast): (UInt8, UInt8, UInt8) = (4, 253, 1)
        var request = NetlinkRequest(type: kind, flags: flags)
        request.put(UInt8(truncatingIfNeeded: prefix.family.socketFamily))
        request.put(UInt8(truncatingIfNeeded: prefix.length))
        request.putZeros(3)
        request.put(setStatically)
        request.put(prefix.family == .ipv4 ? onLink : 0)
        request.put(unicast)
        request.put(UInt32(0))
        request.putAttribute(1) { $0.put(prefix.address.bytes) }
        request.putAttribute(4) { $0.put(device) }
        if let source { request.putAttribute(7) { $0.put(source.bytes) } }
        request.putAttribute(15) { $0.put(table) }
        return request
    }
}
