import ESP
import IPsec

/// What is done with the packets of a flow, as long as the databases stay as they are.
enum FlowDecision: Sendable {
    case protect(Bundle)
    /// They leave as they are.
    case pass
    case refuse(PacketDrop)
}

extension Snapshot {
    /// What policies say of a flow that leaves.
    enum Outcome {
        case decided(FlowDecision)
        /// An SA has to be negotiated.
        case missing(SecurityPolicy, PolicyTemplate)
    }

    func outcome(for flow: PacketFlow) -> Outcome {
        guard let rule = outbound.rule(for: flow) else {
            let isTransit = !flow.destination.staysOnLink && !flow.source.staysOnLink
            return .decided(isTransit ? .pass : .refuse(.plane(.noPolicy)))
        }
        switch rule.policy.action {
        case .bypass: return .decided(.pass)
        case .discard: return .decided(.refuse(.plane(.policyDiscards)))
        case .protect:
            switch rule.carrier(for: flow, among: carriers) {
            case .bundle(let bundle): return .decided(.protect(bundle))
            case .missing(let template): return .missing(rule.policy, template)
            case nil: return .decided(.refuse(.plane(.noPolicy)))
            }
        }
    }
}
