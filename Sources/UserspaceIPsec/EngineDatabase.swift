import ESP
import IPsec
import LinuxIO

/// SAD and SPD themselves; they belong to the control thread, which publishes snapshots of them.
struct EngineDatabase: Sendable {
    /// In the order they were added.
    private(set) var outbound: [OutboundAssociation] = []
    private(set) var inbound: [InboundAssociation] = []
    /// SAs with an SPI and no keys, in the order they were made.
    private(set) var larval: [LarvalAssociation] = []
    /// In the order they were set.
    private(set) var policies: [SecurityPolicy] = []
    private var policyFacts: [SecurityPolicyID: PolicyFacts] = [:]
    private var policyCount: UInt32 = 0
    private var sockets: [EncapsulationSocket] = []
    /// SAs whose soft limit has been told.
    private var dying: Set<SecurityAssociationID> = []
    private var assignment: WorkerAssignment
    /// The TUN devices there are, the plane's own first.
    var devices: [TUNDevice] = []

    /// - Parameter workers: how many threads share the SAs.
    init(workers: Int = 1) {
        assignment = WorkerAssignment(workers: workers)
    }

    mutating func add(_ association: SecurityAssociation, now: Instant) throws(DatabaseFailure) {
        guard !contains(association.id) else {
            throw DatabaseFailure(.alreadyExists, "There is an SA \(association.id) already.")
        }
        let owner = assignment.take(for: association.peer)
        do throws(DatabaseFailure) {
            switch association.direction {
            case .outbound:
                outbound.append(try OutboundAssociation(association, now: now, owner: owner))
            case .inbound: inbound.append(try InboundAssociation(association, now: now, owner: owner))
            }
        } catch {
            assignment.release(association.peer)
            throw error
        }
    }

    mutating func remove(_ id: SecurityAssociationID) throws(DatabaseFailure) {
        guard let association = association(id) else { throw Self.notFound(id) }
        assignment.release(association.peer)
        outbound.removeAll { $0.association.id == id }
        inbound.removeAll { $0.association.id == id }
        dying.remove(id)
    }

    /// Removes all SAs of a protocol; nil for all of them.
    mutating func removeAssociations(_ protocol: SecurityProtocol?) {
        func isMeant(_ id: SecurityAssociationID) -> Bool { `protocol` == nil || id.protocol == `protocol` }
        larval.removeAll { isMeant($0.entry.id) }
        let gone = (outbound.map(\.association) + inbound.map(\.association)).filter { isMeant($0.id) }
        for association in gone { assignment.release(association.peer) }
        outbound.removeAll { isMeant($0.association.id) }
        inbound.removeAll { isMeant($0.association.id) }
        dying.subtract(gone.map(\.id))
    }

    mutating func add(_ association: LarvalAssociation) {
        larval.append(association)
    }

    mutating func removeLarval(_ id: SecurityAssociationID) {
        larval.removeAll { $0.entry.id == id }
    }

    func isDying(_ id: SecurityAssociationID) -> Bool { dying.contains(id) }

    func contains(_ id: SecurityAssociationID) -> Bool { association(id) != nil }

    private func association(_ id: SecurityAssociationID) -> SecurityAssociation? {
        outbound.first { $0.association.id == id }?.association
            ?? inbound.first { $0.association.id == id }?.association
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
            policyCount &+= 1
            policyFacts[policy.id] = PolicyFacts(
                index: policyCount << 3 | UInt32(policy.direction.rawValue), added: MonotonicClock.now)
        }
    }

    /// What is known of a policy beside what it says.
    struct PolicyFacts: Sendable {
        /// Its number; the low three bits are the direction, as in the kernel's.
        let index: UInt32
        let added: Instant
    }

    func facts(of id: SecurityPolicyID) -> PolicyFacts? { policyFacts[id] }

    mutating func remove(_ id: SecurityPolicyID) throws(DatabaseFailure) {
        guard let index = policies.firstIndex(where: { $0.id == id }) else {
            throw DatabaseFailure(.notFound, "There is no \(id.direction) policy \(id.selector).")
        }
        policies.remove(at: index)
        policyFacts[id] = nil
    }

    mutating func add(_ socket: EncapsulationSocket) {
        sockets.removeAll { $0.local == socket.local }
        sockets.append(socket)
    }

    /// What the packet threads are to see.
    var snapshot: Snapshot {
        let candidates = Candidates(outbound)
        let rules = policies.map { policy in
            guard policy.direction == .outbound, !policy.templates.isEmpty else {
                return PolicyRule(policy, device: devices.firstIndex { $0.name == policy.device } ?? 0)
            }
            return PolicyRule(policy, candidates: policy.templates.map(candidates.of))
        }
        func table(_ direction: PolicyDirection) -> PolicyTable {
            PolicyTable(rules.filter { $0.policy.direction == direction })
        }
        return Snapshot(
            outbound: table(.outbound), inbound: table(.inbound), forward: table(.forward),
            associations: Dictionary(grouping: inbound) { $0.association.id.spi },
            protocols: Set(inbound.map(\.association.id.protocol)),
            compressedTunnels: inbound.filter { $0.association.isCompressedTunnel },
            devices: devices, encapsulationSockets: sockets,
            needsWholePackets: policies.contains { $0.direction == .outbound && $0.needsWholePackets })
    }

    /// What packets may go through, the innermost SA first: what policies ask for, and each outbound SA by itself.
    var bundles: [[SecurityAssociation]] {
        let candidates = Candidates(outbound)
        let chains = policies.filter { $0.direction == .outbound && $0.templates.count > 1 }.map { policy in
            policy.templates.compactMap { candidates.of($0).first?.association }
        }
        return chains + outbound.map { [$0.association] }
    }

    /// Outbound SAs by the templates that accept them.
    private struct Candidates {
        private let newestFirst: [OutboundAssociation]
        private let byRequest: [UInt32: [OutboundAssociation]]

        init(_ outbound: [OutboundAssociation]) {
            newestFirst = outbound.reversed()
            byRequest = Dictionary(grouping: newestFirst) { $0.association.requestID }
        }

        func of(_ template: PolicyTemplate) -> [OutboundAssociation] {
            let associations = template.requestID == 0 ? newestFirst : byRequest[template.requestID] ?? []
            return associations.filter { template.accepts($0.association) }
        }
    }

    /// A limit that an SA has reached, with the SA as it was then.
    struct Expiry: Sendable {
        let record: SADRecord
        let isHard: Bool

        /// Larval SAs are not of the negotiation's concern.
        var notification: DatabaseNotification? {
            guard record.state != .larval else { return nil }
            let id = record.entry.id
            return isHard ? .expired(id) : .expiring(id)
        }
    }

    /// Tells what has become due, removing SAs at the end of their life.
    mutating func due(now: Instant) -> [Expiry] {
        var expiries = larval.filter { $0.deadline <= now }.map {
            Expiry(record: SADRecord($0.entry, state: .larval), isHard: true)
        }
        larval.removeAll { $0.deadline <= now }
        for (id, deadlines) in deadlines {
            if let hard = deadlines.hard, hard <= now {
                expiries += [end(id, now: now)].compactMap { $0 }
            } else if let soft = deadlines.soft, soft <= now {
                expiries += [age(id, now: now)].compactMap { $0 }
            }
        }
        return expiries
    }

    /// Removes an SA whose hard limit is reached; nil if it is gone.
    mutating func end(_ id: SecurityAssociationID, now: Instant) -> Expiry? {
        guard let record = try? record(SADKey(id), now: now), (try? remove(id)) != nil else { return nil }
        return Expiry(record: record, isHard: true)
    }

    /// Marks an SA whose soft limit is reached; nil if it is gone, or was marked before.
    mutating func age(_ id: SecurityAssociationID, now: Instant) -> Expiry? {
        guard contains(id), dying.insert(id).inserted else { return nil }
        return (try? record(SADKey(id), now: now)).map { Expiry(record: $0, isHard: false) }
    }

    /// When something becomes due next.
    var nextDeadline: Instant? {
        deadlines.flatMap { id, deadlines in [dying.contains(id) ? nil : deadlines.soft, deadlines.hard] }
            .compactMap { $0 }.reduce(larval.map(\.deadline).min()) { first, next in
                first.map { min($0, next) } ?? next
            }
    }

    private var deadlines: [(SecurityAssociationID, LifetimeDeadlines)] {
        outbound.map { ($0.association.id, $0.deadlines) } + inbound.map { ($0.association.id, $0.deadlines) }
    }

    private static func check(_ policy: SecurityPolicy) throws(DatabaseFailure) {
        guard case .protect(let templates) = policy.action else { return }
        guard (1...InboundChain.maximumDepth).contains(templates.count) else {
            throw DatabaseFailure(
                .unsupported,
                "The policy \(policy.selector) asks for \(templates.count) SAs one after the other; it takes 1 to "
                    + "\(InboundChain.maximumDepth)."
            )
        }
        guard !templates.contains(where: { $0.mode == .iptfs }) else {
            throw .notInSoftware("IPTFS mode; use tunnel, transport or BEET")
        }
    }

    private static func notFound(_ id: SecurityAssociationID) -> DatabaseFailure {
        DatabaseFailure(.notFound, "There is no SA \(id).")
    }
}

extension SecurityAssociation {
    /// The other end.
    fileprivate var peer: IPAddress {
        switch direction {
        case .outbound: id.destination
        case .inbound: source
        }
    }
}

extension SecurityAssociation {
    /// Whether packets that were not worth compressing come as IP in IP.
    fileprivate var isCompressedTunnel: Bool { id.protocol == .ipcomp && mode == .tunnel }
}

extension SecurityPolicy {
    /// Transport mode protects whole packets, and ports show in whole packets alone.
    var needsWholePackets: Bool {
        selector.sourcePort != 0 || selector.destinationPort != 0
            || templates.first.map { $0.mode != .tunnel } ?? false
    }
}
