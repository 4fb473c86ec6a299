import IPsec
import LinuxIO

/// SAD and SPD themselves; they belong to the control thread, which publishes snapshots of them.
struct EngineDatabase: Sendable {
    /// In the order they were added.
    private(set) var outbound: [OutboundAssociation] = []
    private(set) var inbound: [InboundAssociation] = []
    /// In the order they were set.
    private(set) var policies: [SecurityPolicy] = []
    private var sockets: [EncapsulationSocket] = []
    /// SAs whose soft limit has been told.
    private var dying: Set<SecurityAssociationID> = []

    mutating func add(_ association: SecurityAssociation, now: Instant) throws(DatabaseFailure) {
        guard !contains(association.id) else {
            throw DatabaseFailure(.alreadyExists, "There is an SA \(association.id) already.")
        }
        switch association.direction {
        case .outbound: outbound.append(try OutboundAssociation(association, now: now))
        case .inbound: inbound.append(try InboundAssociation(association, now: now))
        }
    }

    mutating func remove(_ id: SecurityAssociationID) throws(DatabaseFailure) {
        guard contains(id) else { throw Self.notFound(id) }
        outbound.removeAll { $0.association.id == id }
        inbound.removeAll { $0.association.id == id }
        dying.remove(id)
    }

    func contains(_ id: SecurityAssociationID) -> Bool {
        outbound.contains { $0.association.id == id } || inbound.contains { $0.association.id == id }
    }

    func usage(of id: SecurityAssociationID) throws(DatabaseFailure) -> SecurityAssociationUsage {
        if let entry = outbound.first(where: { $0.association.id == id }) { return entry.usage }
        if let entry = inbound.first(where: { $0.association.id == id }) { return entry.usage }
        throw Self.notFound(id)
    }

    func updateEncapsulation(
        of id: SecurityAssociationID, to encapsulation: UDPEncapsulation
    ) throws(DatabaseFailure) {
        if let entry = outbound.first(where: { $0.association.id == id }) {
            entry.updateEncapsulation(encapsulation)
        } else if let entry = inbound.first(where: { $0.association.id == id }) {
            entry.updateEncapsulation(encapsulation)
        } else {
            throw Self.notFound(id)
        }
    }

    mutating func set(_ policy: SecurityPolicy) throws(DatabaseFailure) {
        try Self.check(policy)
        if let index = policies.firstIndex(where: { $0.id == policy.id }) {
            policies[index] = policy
        } else {
            policies.append(policy)
        }
    }

    mutating func remove(_ id: SecurityPolicyID) throws(DatabaseFailure) {
        guard let index = policies.firstIndex(where: { $0.id == id }) else {
            throw DatabaseFailure(.notFound, "There is no \(id.direction) policy \(id.selector).")
        }
        policies.remove(at: index)
    }

    mutating func add(_ socket: EncapsulationSocket) {
        sockets.removeAll { $0.local == socket.local }
        sockets.append(socket)
    }

    /// What the packet threads are to see.
    var snapshot: Snapshot {
        let newestFirst: [OutboundAssociation] = outbound.reversed()
        let byRequest = Dictionary(grouping: newestFirst) { $0.association.requestID }
        let rules = policies.map { policy in
            guard policy.direction == .outbound, let template = policy.templates.first else {
                return PolicyRule(policy)
            }
            let candidates = template.requestID == 0 ? newestFirst : byRequest[template.requestID] ?? []
            return PolicyRule(policy, associations: candidates.filter { template.accepts($0.association) })
        }
        func table(_ direction: PolicyDirection) -> PolicyTable {
            PolicyTable(rules.filter { $0.policy.direction == direction })
        }
        return Snapshot(
            outbound: table(.outbound), inbound: table(.inbound), forward: table(.forward),
            associations: Dictionary(grouping: inbound) { $0.association.id.spi },
            encapsulationSockets: sockets,
            needsWholePackets: policies.contains { $0.direction == .outbound && $0.needsWholePackets })
    }

    /// Tells what has become due, removing SAs at the end of their life.
    mutating func due(now: Instant) -> [DatabaseNotification] {
        var notifications: [DatabaseNotification] = []
        for (id, deadlines) in deadlines {
            if let hard = deadlines.hard, hard <= now {
                notifications.append(.expired(id))
                try? remove(id)
            } else if let soft = deadlines.soft, soft <= now, dying.insert(id).inserted {
                notifications.append(.expiring(id))
            }
        }
        return notifications
    }

    /// When something becomes due next.
    var nextDeadline: Instant? {
        deadlines.flatMap { id, deadlines in [dying.contains(id) ? nil : deadlines.soft, deadlines.hard] }
            .compactMap { $0 }.min()
    }

    private var deadlines: [(SecurityAssociationID, LifetimeDeadlines)] {
        outbound.map { ($0.association.id, $0.deadlines) } + inbound.map { ($0.association.id, $0.deadlines) }
    }

    private static func check(_ policy: SecurityPolicy) throws(DatabaseFailure) {
        guard case .protect(let templates) = policy.action else { return }
        guard templates.count == 1, let template = templates.first, template.protocol == .esp else {
            throw DatabaseFailure(
                .unsupported,
                "User-space IPsec protects by ESP alone; the policy \(policy.selector) asks for something else."
            )
        }
        guard template.mode == .tunnel || template.mode == .transport else {
            throw DatabaseFailure(
                .unsupported,
                "User-space IPsec has no \(template.mode.rawValue.uppercased()) mode; use tunnel or transport."
            )
        }
    }

    private static func notFound(_ id: SecurityAssociationID) -> DatabaseFailure {
        DatabaseFailure(.notFound, "There is no SA \(id).")
    }
}

extension SecurityPolicy {
    /// Transport mode protects whole packets, and ports show in whole packets alone.
    fileprivate var needsWholePackets: Bool {
        selector.sourcePort != 0 || selector.destinationPort != 0
            || templates.contains { $0.mode == .transport }
    }
}
