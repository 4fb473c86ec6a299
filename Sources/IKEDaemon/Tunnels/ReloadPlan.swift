package import Negotiation

/// What changes between two configurations, so that everything else stays as it is.
package struct ReloadPlan: Hashable, Sendable {
    /// The new policy, in which tunnels known by name keep their request IDs.
    package var policy: NegotiationPolicy
    package var added: [String] = []
    package var removed: [String] = []
    /// Negotiated anew: selectors, peer or mode differ.
    package var changed: [String] = []
    package var unchanged: [String] = []

    package init(from old: NegotiationPolicy, to new: NegotiationPolicy) {
        policy = new
        policy.tunnels = Self.keepingRequestIDs(new.tunnels, of: old.tunnels)
        let before = Dictionary(old.tunnels.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for tunnel in policy.tunnels {
            guard let known = before[tunnel.name] else {
                added.append(tunnel.name)
                continue
            }
            if known.negotiatesLike(tunnel) {
                unchanged.append(tunnel.name)
            } else {
                changed.append(tunnel.name)
            }
        }
        let after = Set(policy.tunnels.map(\.name))
        removed = old.tunnels.map(\.name).filter { !after.contains($0) }
    }

    /// One line for each kind of change.
    package var verdict: [String] {
        let parts = [
            ("added", added), ("removed", removed), ("negotiated anew", changed),
            ("left as they are", unchanged),
        ]
        let lines = parts.filter { !$0.1.isEmpty }.map { "tunnels \($0.0): \($0.1.joined(separator: ", "))" }
        return lines.isEmpty ? ["no tunnels are configured"] : lines
    }

    /// Request IDs follow the order of the file; a tunnel that moved in it is still the same tunnel.
    private static func keepingRequestIDs(_ tunnels: [Tunnel], of known: [Tunnel]) -> [Tunnel] {
        let kept = Dictionary(known.map { ($0.name, $0.requestID) }, uniquingKeysWith: { first, _ in first })
        var used = Set(tunnels.compactMap { kept[$0.name] })
        var next: UInt32 = 1
        return tunnels.map { tunnel in
            var tunnel = tunnel
            if let requestID = kept[tunnel.name] {
                tunnel.requestID = requestID
            } else if used.contains(tunnel.requestID) {
                while used.contains(next) { next += 1 }
                tunnel.requestID = next
            }
            used.insert(tunnel.requestID)
            return tunnel
        }
    }
}
