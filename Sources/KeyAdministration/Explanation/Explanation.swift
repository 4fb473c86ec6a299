package import IPsec

/// What happens to a packet in one direction, and why.
package struct Explanation {
    package enum Verdict: String, Hashable, Sendable {
        /// It passes as it is.
        case clear
        /// A policy throws it away, or the default where none matches.
        case discarded
        /// SAs carry it, or brought it.
        case protected
        /// A policy demands an SA that is not there.
        case blocked
    }

    package let packet: PacketQuery
    package let direction: PolicyDirection
    /// The policy that the packet meets, if any.
    package let policy: SPDRecord?
    /// What each template finds, innermost first.
    package let resolutions: [TemplateResolution]
    /// What happens to packets that no policy matches; nil where it is not known.
    package let defaultAction: DefaultAction?

    package init(
        _ packet: PacketQuery, _ direction: PolicyDirection, _ lookup: PolicyLookup,
        defaultAction: DefaultAction? = nil
    ) {
        self.packet = packet
        self.direction = direction
        self.defaultAction = defaultAction
        policy = lookup.policy(for: packet, direction)
        resolutions = lookup.resolve(
            policy?.entry.policy.templates ?? [], for: packet.sought(under: policy?.entry, direction),
            direction
        )
    }

    package var verdict: Verdict {
        switch policy?.entry.policy.action {
        case nil: return defaultAction == .block ? .discarded : .clear
        case .bypass: return .clear
        case .discard: return .discarded
        case .protect: break
        }
        if resolutions.contains(where: { $0.association == nil && $0.template.level != .use }) {
            return .blocked
        }
        return resolutions.contains { $0.association != nil } ? .protected : .clear
    }
}
