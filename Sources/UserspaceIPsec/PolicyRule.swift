import ESP
import IPsec

/// A policy with the SAs that can carry what it protects.
struct PolicyRule: Sendable {
    let policy: SecurityPolicy
    /// For outbound policies: the SAs its template accepts, the newest first.
    var associations: [OutboundAssociation] = []
    /// For the other directions: the place in `Snapshot.devices` of the device through which the host gets packets.
    var device = 0

    init(_ policy: SecurityPolicy, associations: [OutboundAssociation] = [], device: Int = 0) {
        self.policy = policy
        self.associations = associations
        self.device = device
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
