package import IPsec
package import Negotiation

/// The policies that make a tunnel's traffic protected, or blocked while nobody knows by whom.
package enum TunnelPolicies {
    /// Out, in and forward policies between our address and the peer's.
    package static func protecting(_ tunnel: Tunnel, local: IPAddress, remote: IPAddress) -> [SecurityPolicy]
    {
        let ours = tunnel.local ?? TrafficSelector(IPPrefix(host: local))
        let theirs = tunnel.remote ?? TrafficSelector(IPPrefix(host: remote))
        return selectors(ours, theirs).flatMap { selector in
            let outward = SecurityPolicy.Action.protect([template(tunnel, from: local, to: remote)])
            let inward = SecurityPolicy.Action.protect([template(tunnel, from: remote, to: local)])
            return policies(selector, outward: outward, inward: inward, of: tunnel)
        }
    }

    /// Policies that let nothing out in clear while the peer's address is unknown; none where its traffic is too.
    package static func blocking(_ tunnel: Tunnel) -> [SecurityPolicy] {
        guard let ours = tunnel.local, let theirs = tunnel.remote else { return [] }
        return selectors(ours, theirs).flatMap { selector in
            policies(selector, outward: .discard, inward: .discard, of: tunnel)
        }
    }

    private static func policies(
        _ selector: Selector, outward: SecurityPolicy.Action, inward: SecurityPolicy.Action, of tunnel: Tunnel
    ) -> [SecurityPolicy] {
        let priority = priority(selector)
        let back = selector.reversed
        var policies = [
            SecurityPolicy(selector: selector, direction: .outbound, action: outward, priority: priority),
            SecurityPolicy(selector: back, direction: .inbound, action: inward, priority: priority),
        ]
        if tunnel.mode == .tunnel {
            policies.append(
                SecurityPolicy(selector: back, direction: .forward, action: inward, priority: priority))
        }
        for index in policies.indices { policies[index].device = tunnel.device }
        return policies
    }

    private static func template(_ tunnel: Tunnel, from source: IPAddress, to destination: IPAddress)
        -> PolicyTemplate
    {
        let hasOuterHeader = tunnel.mode != .transport
        return PolicyTemplate(
            protocol: .esp, mode: tunnel.mode, tunnelSource: hasOuterHeader ? source : nil,
            tunnelDestination: hasOuterHeader ? destination : nil, level: .unique(requestID: tunnel.requestID)
        )
    }

    /// Every pair of prefixes that the ranges are made of.
    private static func selectors(_ ours: TrafficSelector, _ theirs: TrafficSelector) -> [Selector] {
        let upperProtocol = ours.upperProtocol == 0 ? theirs.upperProtocol : ours.upperProtocol
        return ours.prefixes.flatMap { source in
            theirs.prefixes.compactMap { destination in
                guard source.family == destination.family else { return nil }
                return Selector(
                    source: source, destination: destination, upperProtocol: upperProtocol,
                    sourcePort: ours.port, destinationPort: theirs.port)
            }
        }
    }

    /// The narrower selector wins where two overlap.
    private static func priority(_ selector: Selector) -> UInt32 {
        var width = selector.source.length + selector.destination.length
        for isNarrowed in [
            selector.upperProtocol != 0, selector.sourcePort != 0, selector.destinationPort != 0,
        ]
        where isNarrowed { width += 32 }
        return SecurityPolicy.defaultPriority - UInt32(width)
    }
}
