import ESP
package import IPsec
import LinuxIO

/// SAD and SPD themselves; they belong to the control thread, which publishes snapshots of them.
///
/// What a change costs does not depend on how many SAs and policies there are.
package struct EngineDatabase: Sendable {
    private var associations = OrderedTable<SecurityAssociationID, InstalledAssociation>()
    /// SAs with an SPI and no keys.
    private var larvals = OrderedTable<SecurityAssociationID, LarvalAssociation>()
    private var settled = OrderedTable<SecurityPolicyID, SettledPolicy>()
    private var policyCount: UInt32 = 0
    private var deadlines = DeadlineQueue()
    private var outboundCount = 0
    /// SAs whose soft limit has been told.
    private var dying: Set<SecurityAssociationID> = []
    private var assignment: WorkerAssignment
    /// How many outbound policies ask for these SAs, where they ask for more than one.
    private var chains: [[PolicyTemplate]: Int] = [:]
    private(set) var innerEncapsulation = InnerEncapsulation()
    private var policyChanges: [PolicyChange] = []
    /// What the packet threads are to see.
    package private(set) var snapshot = Snapshot()

    private struct SettledPolicy: Sendable {
        var policy: SecurityPolicy
        let facts: PolicyFacts
    }

    /// What is known of a policy beside what it says.
    struct PolicyFacts: Sendable {
        /// Its number; the low three bits are the direction, as in the kernel's.
        let index: UInt32
        let added: Instant
    }

    /// - Parameter workers: how many threads share the SAs.
    package init(workers: Int = 1) {
        assignment = WorkerAssignment(workers: workers)
    }

    /// The TUN devices there are, the plane's own first.
    var devices: [TUNDevice] {
        get { snapshot.devices }
        set { snapshot.devices = newValue }
    }

    mutating func add(_ socket: EncapsulationSocket) { snapshot.add(socket) }
}

/// The SAD.
extension EngineDatabase {
    /// In the order they were added.
    var outbound: [OutboundAssociation] {
        associations.values.compactMap { if case .outbound(let entry) = $0 { entry } else { nil } }
    }

    /// In the order they were added.
    var inbound: [InboundAssociation] {
        associations.values.compactMap { if case .inbound(let entry) = $0 { entry } else { nil } }
    }

    /// In the order they were made.
    var larval: [LarvalAssociation] { larvals.values }

    func larval(_ id: SecurityAssociationID) -> LarvalAssociation? { larvals[id] }

    /// An SA with keys.
    func installed(_ id: SecurityAssociationID) -> InstalledAssociation? { associations[id] }

    func isDying(_ id: SecurityAssociationID) -> Bool { dying.contains(id) }

    /// Whether there are more outbound SAs than so many.
    func hasOutbound(besides count: Int) -> Bool { outboundCount > count }

    func contains(_ id: SecurityAssociationID) -> Bool { associations[id] != nil }

    package mutating func add(_ association: SecurityAssociation, now: Instant) throws(DatabaseFailure) {
        guard !contains(association.id) else {
            throw DatabaseFailure(.alreadyExists, "There is an SA \(association.id) already.")
        }
        try requireOutermost(association)
        let owner = assignment.take(for: association.peer)
        let installed: InstalledAssociation
        do throws(DatabaseFailure) {
            installed = try InstalledAssociation(association, now: now, owner: owner)
        } catch {
            assignment.release(association.peer)
            throw error
        }
        let number = associations.set(association.id, installed)
        if association.direction == .outbound { outboundCount += 1 }
        snapshot.add(installed, number: number)
        innerEncapsulation.insert(association)
        for deadline in Self.deadlines(installed, number) { deadlines.add(deadline) }
    }

    package mutating func remove(_ id: SecurityAssociationID) throws(DatabaseFailure) {
        guard let row = associations.remove(id) else { throw Self.notFound(id) }
        assignment.release(row.value.association.peer)
        if row.value.association.direction == .outbound { outboundCount -= 1 }
        snapshot.remove(row.value, number: row.number)
        innerEncapsulation.remove(row.value.association)
        for deadline in Self.deadlines(row.value, row.number) { deadlines.remove(deadline) }
        dying.remove(id)
    }

    /// Removes all SAs of a protocol; nil for all of them.
    mutating func removeAssociations(_ protocol: SecurityProtocol?) throws(DatabaseFailure) {
        func isMeant(_ id: SecurityAssociationID) -> Bool { `protocol` == nil || id.protocol == `protocol` }
        for association in larvals.values where isMeant(association.entry.id) {
            removeLarval(association.entry.id)
        }
        for association in associations.values where isMeant(association.association.id) {
            try remove(association.association.id)
        }
    }

    mutating func add(_ association: LarvalAssociation) {
        let number = larvals.set(association.entry.id, association)
        deadlines.add(Self.deadline(association, number))
    }

    mutating func removeLarval(_ id: SecurityAssociationID) {
        guard let row = larvals.remove(id) else { return }
        deadlines.remove(Self.deadline(row.value, row.number))
    }

    func usage(of id: SecurityAssociationID) throws(DatabaseFailure) -> SecurityAssociationUsage {
        guard let installed = associations[id] else { throw Self.notFound(id) }
        return installed.usage
    }

    func updateEncapsulation(
        of id: SecurityAssociationID, to encapsulation: UDPEncapsulation
    ) throws(DatabaseFailure) {
        guard let installed = associations[id] else { throw Self.notFound(id) }
        installed.updateEncapsulation(encapsulation)
    }

    private static func notFound(_ id: SecurityAssociationID) -> DatabaseFailure {
        DatabaseFailure(.notFound, "There is no SA \(id).")
    }
}

/// The SPD.
extension EngineDatabase {
    /// In the order they were set.
    var policies: [SecurityPolicy] { settled.values.map(\.policy) }

    func policy(_ id: SecurityPolicyID) -> SecurityPolicy? { settled[id]?.policy }

    func facts(of id: SecurityPolicyID) -> PolicyFacts? { settled[id]?.facts }

    package mutating func set(_ policy: SecurityPolicy) throws(DatabaseFailure) {
        try policy.requireCarriable()
        try requireOutermost(in: policy)
        let former = settled[policy.id]
        if former == nil { policyCount &+= 1 }
        let facts = PolicyFacts(
            index: policyCount << 3 | UInt32(policy.direction.rawValue), added: MonotonicClock.now)
        let number = settled.set(policy.id, SettledPolicy(policy: policy, facts: former?.facts ?? facts))
        note(PolicyChange(number: number, former: former?.policy, present: policy))
    }

    package mutating func remove(_ id: SecurityPolicyID) throws(DatabaseFailure) {
        guard let row = settled.remove(id) else {
            throw DatabaseFailure(.notFound, "There is no \(id.direction) policy \(id.selector).")
        }
        note(PolicyChange(number: row.number, former: row.value.policy))
    }

    private mutating func note(_ change: PolicyChange) {
        snapshot.apply(change)
        policyChanges.append(change)
        if let former = change.former { innerEncapsulation.remove(former) }
        if let present = change.present { innerEncapsulation.insert(present) }
        if let templates = change.former?.chain {
            let count = chains[templates] ?? 0
            chains[templates] = count > 1 ? count - 1 : nil
        }
        if let templates = change.present?.chain { chains[templates, default: 0] += 1 }
    }

    /// The policies with their numbers, as if all of them had just come.
    var policyRows: [PolicyChange] {
        settled.numbered.map { PolicyChange(number: $0.number, present: $0.value.policy) }
    }

    /// What has happened to policies since it was asked last.
    mutating func takePolicyChanges() -> [PolicyChange] {
        defer { policyChanges = [] }
        return policyChanges
    }

    /// What packets may go through, the innermost SA first: what policies ask for, and each outbound SA by itself.
    var bundles: [[SecurityAssociation]] { bundledChains + outbound.map { [$0.association] } }

    /// What policies that ask for more than one SA have packets go through.
    var bundledChains: [[SecurityAssociation]] {
        chains.keys.map { templates in
            var ends: OutboundIndex.Ends?
            return templates.compactMap { template in
                guard let association = snapshot.carriers.newest(template, between: ends)?.association
                else { return nil }
                if template.mode.hasOwnAddresses { ends = (association.source, association.id.destination) }
                return association
            }
        }
    }
}

/// The ends of SAs.
extension EngineDatabase {
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
        var expiries: [Expiry] = []
        while let deadline = deadlines.first, deadline.at <= now {
            deadlines.remove(deadline)
            if let expiry = reach(deadline, now: now) { expiries.append(expiry) }
        }
        return expiries
    }

    private mutating func reach(_ deadline: DeadlineQueue.Deadline, now: Instant) -> Expiry? {
        switch deadline.kind {
        case .larval:
            return larvals.remove(deadline.id).map {
                Expiry(record: SADRecord($0.value.entry, state: .larval), isHard: true)
            }
        case .soft:
            // Where both are due, the hard one comes next.
            if let hard = associations[deadline.id]?.deadlines.hard, hard <= now { return nil }
            return age(deadline.id, now: now)
        case .hard: return end(deadline.id, now: now)
        }
    }

    /// Removes an SA whose hard limit is reached; nil if it is gone.
    mutating func end(_ id: SecurityAssociationID, now: Instant) -> Expiry? {
        guard contains(id), let record = try? record(SADKey(id), now: now), (try? remove(id)) != nil
        else { return nil }
        return Expiry(record: record, isHard: true)
    }

    /// Marks an SA whose soft limit is reached; nil if it is gone, or was marked before.
    mutating func age(_ id: SecurityAssociationID, now: Instant) -> Expiry? {
        guard let row = associations.row(id), dying.insert(id).inserted else { return nil }
        for deadline in Self.deadlines(row.value, row.number) where deadline.kind == .soft {
            deadlines.remove(deadline)
        }
        return (try? record(SADKey(id), now: now)).map { Expiry(record: $0, isHard: false) }
    }

    /// When something becomes due next.
    var nextDeadline: Instant? { deadlines.first?.at }

    private static func deadlines(
        _ installed: InstalledAssociation, _ number: UInt64
    ) -> [DeadlineQueue.Deadline] {
        let (id, limits) = (installed.association.id, installed.deadlines)
        let soft = limits.soft.map { DeadlineQueue.Deadline(at: $0, kind: .soft, id: id, number: number) }
        let hard = limits.hard.map { DeadlineQueue.Deadline(at: $0, kind: .hard, id: id, number: number) }
        return [soft, hard].compactMap { $0 }
    }

    private static func deadline(_ association: LarvalAssociation, _ number: UInt64) -> DeadlineQueue.Deadline
    {
        DeadlineQueue.Deadline(
            at: association.deadline, kind: .larval, id: association.entry.id, number: number)
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

extension SecurityPolicy {
    /// What an outbound policy asks for if that is more than one SA.
    fileprivate var chain: [PolicyTemplate]? {
        direction == .outbound && templates.count > 1 ? templates : nil
    }

    /// Refuses what the engine cannot do.
    fileprivate func requireCarriable() throws(DatabaseFailure) {
        guard case .protect(let templates) = action else { return }
        guard (1...InboundChain.maximumDepth).contains(templates.count) else {
            throw DatabaseFailure(
                .unsupported,
                "The policy \(selector) asks for \(templates.count) SAs one after the other; it takes 1 to "
                    + "\(InboundChain.maximumDepth)."
            )
        }
        guard !templates.contains(where: { $0.mode == .iptfs }) else {
            throw .notInSoftware("IPTFS mode; use tunnel, transport or BEET")
        }
    }
}
