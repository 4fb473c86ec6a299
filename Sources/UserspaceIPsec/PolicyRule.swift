import ESP
package import IPsec

/// The SAs that carry a flow, applied one after the other.
struct Bundle: Sendable {
    /// The innermost.
    let first: OutboundAssociation
    /// Empty where one is enough.
    var others: [OutboundAssociation] = []

    var count: Int { 1 + others.count }

    /// Number `place`, the innermost being 0.
    subscript(place: Int) -> OutboundAssociation { place == 0 ? first : others[place - 1] }

    /// The one whose header stands in front.
    var outermost: OutboundAssociation { others.last ?? first }

    /// Whether its policy lets fragments by themselves through, at the other end as here.
    var takesFragments = true

    /// Whether the outer header forbids no fragmentation, even where the inner one does.
    var clearsDontFragment: Bool {
        let outer = outermost.association
        return outer.mode == .tunnel && outer.flags.contains(.noPMTUDiscovery)
    }

    /// Octets of buffer that they may write behind a packet.
    var tailroom: Int { others.reduce(first.tailroom) { max($0, $1.tailroom) + PacketRoom.tailroom } }
}

/// A policy as packets meet it.
package final class PolicyRule: Sendable {
    package let policy: SecurityPolicy

    package init(_ policy: SecurityPolicy) {
        self.policy = policy
    }

    /// What carries a flow.
    enum Carrier {
        case bundle(Bundle)
        /// An SA has to be negotiated for this template.
        case missing(PolicyTemplate)
    }

    /// What carries a packet that the policy selects, of the SAs there are; nil if its policy protects nothing.
    func carrier(for flow: PacketFlow, among associations: OutboundIndex) -> Carrier? {
        var bundle: Bundle?
        var optional: PolicyTemplate?
        var ends: OutboundIndex.Ends = (flow.source, flow.destination)
        for template in policy.templates {
            if let entry = associations.association(for: flow, template, between: ends) {
                if template.mode.hasOwnAddresses {
                    ends = (entry.association.source, entry.association.id.destination)
                }
                if bundle?.others.append(entry) == nil {
                    bundle = Bundle(first: entry, takesFragments: !policy.needsWholePackets)
                }
            } else if template.level == .use {
                optional = optional ?? template
            } else {
                return .missing(template)
            }
        }
        return bundle.map(Carrier.bundle) ?? optional.map(Carrier.missing)
    }

    /// The bundle for a packet that the policy selects; nil when an SA has to be negotiated.
    func bundle(for flow: PacketFlow, among associations: OutboundIndex) -> Bundle? {
        if case .bundle(let bundle) = carrier(for: flow, among: associations) { bundle } else { nil }
    }

    /// Whether a packet that came through `count` SAs, the outermost first, is what this policy asks for.
    func accepts(count: Int, _ association: (Int) -> SecurityAssociation) -> Bool {
        switch policy.action {
        case .protect(let templates): templates.accept(count: count, association)
        case .bypass, .discard: false
        }
    }
}
