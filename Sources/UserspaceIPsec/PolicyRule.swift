import ESP
import IPsec

/// A policy with the SAs that can carry what it protects.
struct PolicyRule: Sendable {
    let policy: SecurityPolicy
    /// For outbound policies: the SAs its template accepts, the newest first.
    var associations: [OutboundAssociation] = []

    init(_ policy: SecurityPolicy, associations: [OutboundAssociation] = []) {
        self.policy = policy
        self.associations = associations
    }

    /// The SA for a packet that the policy selects; nil when one has to be negotiated.
    func association(for flow: PacketFlow) -> OutboundAssociation? {
        associations.first { entry in
            let association = entry.association
            if let selector = association.selector, !selector.selects(flow) { return false }
            return association.mode == .tunnel
                || association.source == flow.source && association.id.destination == flow.destination
        }
    }

    /// Whether a packet that came through `association` is what this policy asks for (RFC 4301 section 5.2).
    func accepts(_ association: SecurityAssociation) -> Bool {
        switch policy.action {
        case .protect(let templates): templates.first?.accepts(association) ?? false
        case .bypass, .discard: false
        }
    }
}

extension PolicyTemplate {
    /// Whether an SA is one that this template asks for; selectors apart.
    func accepts(_ association: SecurityAssociation) -> Bool {
        guard association.id.protocol == `protocol`, association.mode == mode else { return false }
        guard requestID == 0 || requestID == association.requestID else { return false }
        guard mode == .tunnel else { return true }
        return (tunnelSource ?? association.source) == association.source
            && (tunnelDestination ?? association.id.destination) == association.id.destination
    }
}
