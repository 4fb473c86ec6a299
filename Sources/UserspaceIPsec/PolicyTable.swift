package import ESP
import IPsec

/// The policies of one direction, of which the one that decides about a packet is found without looking at all.
package struct PolicyTable: Sendable {
    private var index = SelectorIndex<PolicyRule>()

    /// - Parameter rules: in the order they were set; among equal priorities the older wins.
    package init(_ rules: [PolicyRule] = []) {
        for (number, rule) in rules.enumerated() {
            let rank = SelectorRank(priority: rule.policy.priority, number: UInt64(number))
            index.insert(SelectorIndex.Entry(rule.policy.selector, rank, rule))
        }
    }

    /// The rule whose policy decides about a packet; nil if no policy selects it.
    package func rule(for flow: PacketFlow) -> PolicyRule? { index.first(for: flow) }
}
