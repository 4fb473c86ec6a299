package import ESP
package import IPsec

/// The policies of one direction, of which the one that decides about a packet is found without looking at all.
///
/// Copies share what is the same in them, so that a change costs the same however many policies there are.
package struct PolicyTable: Sendable {
    private var index = SelectorIndex<PolicyRule>()

    /// - Parameter rules: in the order they were set; among equal priorities the older wins.
    package init(_ rules: [PolicyRule] = []) {
        for (number, rule) in rules.enumerated() { insert(rule, number: UInt64(number)) }
    }

    /// Adds a policy, instead of one of the same selector, priority and number if there is one.
    ///
    /// - Parameter number: goes up with each policy that is made.
    package mutating func insert(_ rule: PolicyRule, number: UInt64) {
        let rank = SelectorRank(priority: rule.policy.priority, number: number)
        index.insert(rule, rule.policy.selector, rank)
    }

    /// Takes a policy away; does nothing if there is none of its selector, priority and number.
    package mutating func remove(_ policy: SecurityPolicy, number: UInt64) {
        index.remove(policy.selector, SelectorRank(priority: policy.priority, number: number))
    }

    /// The rule whose policy decides about a packet; nil if no policy selects it.
    package func rule(for flow: PacketFlow) -> PolicyRule? { index.first(for: flow) }

    /// The same, with what was found before for the flows that `remembered` holds.
    package func rule(for flow: PacketFlow, remembered: inout FlowCache<PolicyRule>) -> PolicyRule? {
        if let rule = remembered[flow] { return rule }
        guard let rule = rule(for: flow) else { return nil }
        remembered.note(rule, for: flow)
        return rule
    }
}
