import ESP
import IPsec

/// Where ESP in UDP and policies that wrap ESP into something else could meet.
///
/// ESP in UDP is the outermost of what is wrapped around a packet: inside something else no socket would receive it.
/// Both are found by request ID, so that a change needs not look at all of them.
struct InnerEncapsulation: Sendable {
    /// The SAs of ESP in UDP.
    private var associations: [UInt32: Set<SecurityAssociationID>] = [:]
    /// The policies, by what they ask of an SA inside another; 0 finds SAs of every request ID.
    private var policies: [UInt32: Set<SecurityPolicyID>] = [:]

    mutating func insert(_ association: SecurityAssociation) {
        guard association.encapsulation != nil else { return }
        for number in Self.numbers(association) { associations[number, default: []].insert(association.id) }
    }

    mutating func remove(_ association: SecurityAssociation) {
        guard association.encapsulation != nil else { return }
        for number in Self.numbers(association) { Self.remove(association.id, number, &associations) }
    }

    mutating func insert(_ policy: SecurityPolicy) {
        for number in Self.numbers(policy) { policies[number, default: []].insert(policy.id) }
    }

    mutating func remove(_ policy: SecurityPolicy) {
        for number in Self.numbers(policy) { Self.remove(policy.id, number, &policies) }
    }

    /// The SAs of ESP in UDP that a policy may put inside others.
    func candidates(for policy: SecurityPolicy) -> Set<SecurityAssociationID> {
        Self.numbers(policy).reduce(into: []) { $0.formUnion(associations[$1] ?? []) }
    }

    /// The policies that may put an SA inside another; none for one without UDP.
    func candidates(for association: SecurityAssociation) -> Set<SecurityPolicyID> {
        guard association.encapsulation != nil else { return [] }
        return Self.numbers(association).reduce(into: []) { $0.formUnion(policies[$1] ?? []) }
    }

    /// An SA is found by its own request ID, and by policies that name none.
    private static func numbers(_ association: SecurityAssociation) -> Set<UInt32> {
        [association.requestID, 0]
    }

    private static func numbers(_ policy: SecurityPolicy) -> Set<UInt32> {
        Set(policy.templates.dropLast().filter { $0.protocol == .esp }.map(\.requestID))
    }

    private static func remove<ID>(_ id: ID, _ number: UInt32, _ table: inout [UInt32: Set<ID>]) {
        table[number]?.remove(id)
        if table[number]?.isEmpty == true { table[number] = nil }
    }
}

extension EngineDatabase {
    /// Refuses an SA of ESP in UDP that a policy would put inside another.
    func requireOutermost(_ association: SecurityAssociation) throws(DatabaseFailure) {
        for id in innerEncapsulation.candidates(for: association) {
            if let policy = policy(id), policy.wraps(association) {
                throw Self.refusal(association.id, policy)
            }
        }
    }

    /// Refuses a policy that would put an SA of ESP in UDP inside another.
    func requireOutermost(in policy: SecurityPolicy) throws(DatabaseFailure) {
        for id in innerEncapsulation.candidates(for: policy) {
            if let association = installed(id)?.association, policy.wraps(association) {
                throw Self.refusal(id, policy)
            }
        }
    }

    private static func refusal(_ id: SecurityAssociationID, _ policy: SecurityPolicy) -> DatabaseFailure {
        DatabaseFailure(
            .unsupported,
            "The SA \(id) is ESP in UDP, and the \(policy.direction) policy \(policy.selector) would wrap another SA "
                + "around it; the user-space data plane does UDP around the outermost SA alone. Leave out the SA's "
                + "UDP ports, or give the policy one SA.")
    }
}

extension SecurityPolicy {
    /// Whether it would wrap another SA around this one.
    fileprivate func wraps(_ association: SecurityAssociation) -> Bool {
        guard (direction == .outbound) == (association.direction == .outbound) else { return false }
        return templates.indices.dropLast().contains { place in
            templates[place].accepts(association)
                && (templates[place].mode.hasOwnAddresses || travels(association, before: place))
        }
    }

    /// Whether its packets may travel between an SA's ends by the time that the template at `place` is applied.
    private func travels(_ association: SecurityAssociation, before place: Int) -> Bool {
        guard let tunnel = templates[..<place].last(where: \.mode.hasOwnAddresses) else {
            return selector.source.contains(association.source)
                && selector.destination.contains(association.id.destination)
        }
        return (tunnel.tunnelSource ?? association.source) == association.source
            && (tunnel.tunnelDestination ?? association.id.destination) == association.id.destination
    }
}
