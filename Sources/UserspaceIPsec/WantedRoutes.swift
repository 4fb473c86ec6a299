import IPsec

/// Which networks are to be routed into the TUN device.
enum WantedRoutes {
    struct Route: Hashable, Sendable {
        /// The address our own packets leave from; nil leaves that to the kernel.
        var source: IPAddress?
        /// The name of the device; nil for the plane's own.
        var device: String?
    }

    /// Every destination that an outbound policy protects or discards.
    ///
    /// What a policy discards has to come into the device, too, to be discarded.
    static func routes(
        for policies: [SecurityPolicy], ownAddresses: [IPAddress]
    ) -> [IPPrefix: Route] {
        var routes: [IPPrefix: Route] = [:]
        for policy in policies where policy.direction == .outbound && policy.action != .bypass {
            let source = source(for: policy, ownAddresses)
            // Of two policies to one network, the one that covers an address of ours decides about the source, and
            // the first that names a device about the device.
            let former = routes[policy.selector.destination]
            routes[policy.selector.destination] = Route(
                source: former?.source ?? source, device: former?.device ?? policy.device)
        }
        return routes
    }

    /// An address of ours that the policy protects, so that our own packets are protected too.
    private static func source(for policy: SecurityPolicy, _ own: [IPAddress]) -> IPAddress? {
        let prefix = policy.selector.source
        let covered = own.filter { prefix.contains($0) && !$0.isLinkLocal && !$0.isLoopback }
        guard let outer = policy.templates.first?.tunnelSource, covered.contains(outer) else {
            return covered.first
        }
        return outer
    }
}

extension IPAddress {
    /// 127.0.0.0/8 or `::1`.
    fileprivate var isLoopback: Bool { family == .ipv4 ? value >> 24 == 127 : value == 1 }

    /// Whether packets to it concern one link or a group: 169.254/16, fe80::/10, 224/4, ff00::/8, broadcast.
    var staysOnLink: Bool {
        switch family {
        case .ipv4: value >> 28 == 0xe || value >> 16 == 0xa9fe || value == 0xffff_ffff
        case .ipv6: isLinkLocal || value >> 120 == 0xff
        }
    }
}
