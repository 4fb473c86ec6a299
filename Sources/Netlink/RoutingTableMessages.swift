/// The rtnetlink requests for a routing table of our own, and for the rule that leads to it.
package struct RoutingTableMessages: Hashable, Sendable {
    /// The table's number.
    package let table: UInt32
    /// Where the rule stands: before the main table's 32766, behind the local table's 0.
    package let rulePriority: UInt32
    /// Packets with this mark pass the rule by; nil where none does.
    package let exemptMark: UInt32?

    package init(table: UInt32, rulePriority: UInt32, exemptMark: UInt32?) {
        self.table = table
        self.rulePriority = rulePriority
        self.exemptMark = exemptMark
    }

    /// A route into a device; addresses are octets in network byte order.
    package struct Route: Hashable, Sendable {
        /// `AF_INET` or `AF_INET6`.
        package var family: Int32
        package var network: [UInt8]
        /// Leading bits of `network` that count.
        package var length: Int
        /// The device's index.
        package var device: UInt32
        /// The next hop; nil where the device leads there.
        package var gateway: [UInt8]?
        /// What packets of our own leave from unless they have a source; nil leaves that to the kernel.
        package var source: [UInt8]?

        package init(
            family: Int32, network: [UInt8], length: Int, device: UInt32, gateway: [UInt8]? = nil,
            source: [UInt8]?
        ) {
            self.family = family
            self.network = network
            self.length = length
            self.device = device
            self.gateway = gateway
            self.source = source
        }
    }

    private enum Kind {
        static let newRoute: UInt16 = 24
        static let deleteRoute: UInt16 = 25
        static let newRule: UInt16 = 32
        static let deleteRule: UInt16 = 33
    }

    /// `ip rule add priority PRIORITY [not fwmark MARK] lookup TABLE`.
    package func addRule(family: Int32) -> NetlinkRequest {
        rule(family, Kind.newRule, flags: NetlinkFlag.create | NetlinkFlag.exclusive)
    }

    package func deleteRule(family: Int32) -> NetlinkRequest {
        rule(family, Kind.deleteRule, flags: 0)
    }

    package func addRoute(_ route: Route) -> NetlinkRequest {
        request(route, Kind.newRoute, flags: NetlinkFlag.create | NetlinkFlag.replace)
    }

    package func deleteRoute(_ route: Route) -> NetlinkRequest {
        request(route, Kind.deleteRoute, flags: 0)
    }

    /// struct fib_rule_hdr, then FRA_ attributes.
    private func rule(_ family: Int32, _ kind: UInt16, flags: UInt16) -> NetlinkRequest {
        let (toTable, invert): (UInt8, UInt32) = (1, 2)
        var request = NetlinkRequest(type: kind, flags: flags)
        request.put(UInt8(truncatingIfNeeded: family))
        request.putZeros(6)
        request.put(toTable)
        request.put(exemptMark == nil ? 0 : invert)
        request.putAttribute(6) { $0.put(rulePriority) }
        if let exemptMark { request.putAttribute(10) { $0.put(exemptMark) } }
        request.putAttribute(15) { $0.put(table) }
        if exemptMark != nil { request.putAttribute(16) { $0.put(UInt32.max) } }
        return request
    }

    /// struct rtmsg, then RTA_ attributes.
    private func request(_ route: Route, _ kind: UInt16, flags: UInt16) -> NetlinkRequest {
        let (setStatically, onLink, unicast): (UInt8, UInt8, UInt8) = (4, 253, 1)
        // IPv6 has addresses of four times as many octets, and no such scope.
        let isIPv4 = route.network.count == 4
        var request = NetlinkRequest(type: kind, flags: flags)
        request.put(UInt8(truncatingIfNeeded: route.family))
        request.put(UInt8(truncatingIfNeeded: route.length))
        request.putZeros(3)
        request.put(setStatically)
        request.put(isIPv4 && route.gateway == nil ? onLink : 0)
        request.put(unicast)
        request.put(UInt32(0))
        request.putAttribute(1) { $0.put(route.network) }
        request.putAttribute(4) { $0.put(route.device) }
        if let gateway = route.gateway { request.putAttribute(5) { $0.put(gateway) } }
        if let source = route.source { request.putAttribute(7) { $0.put(source) } }
        request.putAttribute(15) { $0.put(table) }
        return request
    }
}
