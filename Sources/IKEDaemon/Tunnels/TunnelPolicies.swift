package import IPsec
package import Negotiation

/// The policies that make a tunnel's traffic protected, or blocked while nobody knows by whom.
package enum TunnelPolicies {
    /// Out, in and forward policies between our address and the peer's.
    package static func protecting(_ tunnel: Tunnel, local: IPAddress, remote: IPAddress) -> [SecurityPolicy]
    {
        // Those come with the child SA, which knows the address.
        guard tunnel.assigned == nil else { return [] }
        var traffic = ProtectedTraffic(
            tunnel: tunnel.name, local: [tunnel.local ?? TrafficSelector(IPPrefix(host: local))],
            remote: [tunnel.remote ?? TrafficSelector(IPPrefix(host: remote))], mode: tunnel.mode,
            requestID: tunnel.requestID, localAddress: local, remoteAddress: remote, device: tunnel.device)
        traffic.protocol = tunnel.protocol
        return protecting(traffic)
    }

    /// Out, in and forward policies for each pair of selectors of one family.
    package static func protecting(_ traffic: ProtectedTraffic) -> [SecurityPolicy] {
        let (local, remote) = (traffic.localAddress, traffic.remoteAddress)
        let outward = SecurityPolicy.Action.protect(
            templates(traffic, .outbound, from: local, to: remote))
        let inward = SecurityPolicy.Action.protect(templates(traffic, .inbound, from: remote, to: local))
        return traffic.local.flatMap { ours in
            traffic.remote.flatMap { theirs in
                selectors(ours, theirs).flatMap { selector in
                    policies(
                        selector, outward: outward, inward: inward, traffic.mode, device: traffic.device)
                }
            }
        }
    }

    /// Policies that let nothing out in clear while the peer's address is unknown; none where its traffic is too.
    package static func blocking(_ tunnel: Tunnel) -> [SecurityPolicy] {
        guard let ours = tunnel.local, let theirs = tunnel.remote else { return [] }
        return selectors(ours, theirs).flatMap { selector in
            policies(
                selector, outward: .discard, inward: .discard, tunnel.mode, device: tunnel.device)
        }
    }

    private static func policies(
        _ selector: Selector, outward: SecurityPolicy.Action, inward: SecurityPolicy.Action,
        _ mode: EncapsulationMode, device: String?
    ) -> [SecurityPolicy] {
        let priority = priority(selector)
        let back = selector.reversed
        var policies = [
            SecurityPolicy(selector: selector, direction: .outbound, action: outward, priority: priority),
            SecurityPolicy(selector: back, direction: .inbound, action: inward, priority: priority),
        ]
        if mode == .tunnel {
            policies.append(
                SecurityPolicy(selector: back, direction: .forward, action: inward, priority: priority))
        }
        for index in policies.indices { policies[index].device = device }
        return policies
    }

    /// The innermost first: compression, where there is any, has the tunnel, and what protects it none.
    private static func templates(
        _ traffic: ProtectedTraffic, _ direction: Direction, from source: IPAddress,
        to destination: IPAddress
    ) -> [PolicyTemplate] {
        let hasOuterHeader = traffic.mode != .transport
        let innermost = PolicyTemplate(
            protocol: traffic.compression == nil ? traffic.protocol : .ipcomp, mode: traffic.mode,
            tunnelSource: hasOuterHeader ? source : nil,
            tunnelDestination: hasOuterHeader ? destination : nil,
            level: .unique(requestID: traffic.requestID))
        guard traffic.compression != nil else { return [innermost] }
        var compression = innermost
        if direction == .inbound {
            // What would not shrink comes without IPComp (RFC 3173 section 2.2).
            compression.level = .use
            compression.optionalRequestID = traffic.requestID
        }
        return [
            compression,
            PolicyTemplate(
                protocol: traffic.protocol, mode: .transport,
                level: .unique(requestID: traffic.requestID)),
        ]
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
