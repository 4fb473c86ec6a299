import ESP
package import IPsec

/// The SAs that carry a flow, applied one after the other.
struct Bundle: Sendable {
    /// The innermost.
    let first: OutboundAssociation
    /// Empty where one is enough.
    var others: [OutboundAssociation] = []

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

/// A policy with the SAs that can carry what it protects.
package final class PolicyRule: Sendable {
    package let policy: SecurityPolicy
    /// For outbound policies: the SAs that each template accepts, the newest first.
    let candidates: [[OutboundAssociation]]
    /// For the other directions: the place in `Snapshot.devices` of the device through which the host gets packets.
    let device: Int

    init(_ policy: SecurityPolicy, candidates: [[OutboundAssociation]] = [], device: Int = 0) {
        self.policy = policy
        self.candidates = candidates
        self.device = device
    }

    /// A rule without SAs.
    package convenience init(_ policy: SecurityPolicy) {
        self.init(policy, candidates: [])
    }

    /// What carries a flow.
    enum Carrier {
        case bundle(Bundle)
        /// An SA has to be negotiated for this template.
        case missing(PolicyTemplate)
    }

    /// What carries a packet that the policy selects; nil if its policy protects nothing.
    func carrier(for flow: PacketFlow) -> Carrier? {
        var bundle: Bundle?
        var optional: PolicyTemplate?
        var ends = (source: flow.source, destination: flow.destination)
        for (template, candidates) in zip(policy.templates, candidates) {
            if let entry = candidates.first(where: { $0.association.carries(flow, between: ends) }) {
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
    func bundle(for flow: PacketFlow) -> Bundle? {
        if case .bundle(let bundle) = carrier(for: flow) { bundle } else { nil }
    }

    /// Whether a packet that came through `count` SAs, the outermost first, is what this policy asks for.
    func accepts(count: Int, _ association: (Int) -> SecurityAssociation) -> Bool {
        switch policy.action {
        case .protect(let templates): templates.accept(count: count, association)
        case .bypass, .discard: false
        }
    }
}

extension SecurityAssociation {
    /// Whether it may carry a flow that travels between two addresses by now.
    fileprivate func carries(
        _ flow: PacketFlow, between ends: (source: IPAddress, destination: IPAddress)
    ) -> Bool {
        // A BEET association's selector has its inner addresses, which the flow has unless it is wrapped already.
        if let selector, !selector.selects(flow) { return false }
        return mode.hasOwnAddresses || source == ends.source && id.destination == ends.destination
    }
}
