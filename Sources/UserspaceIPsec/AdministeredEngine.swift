import ESP
import IPsec
import LinuxIO

/// An SA that has an SPI, and no keys yet.
struct LarvalAssociation: Sendable {
    /// How long a key manager has for it.
    static let lifetime = Duration.seconds(30)

    let entry: SADEntry
    let deadline: Instant
}

/// What an administrator asks of the databases.
extension EngineDatabase {
    mutating func carryOut(
        _ request: DatabaseRequest, ownAddresses: [IPAddress], now: Instant
    ) throws(DatabaseFailure) -> DatabaseAnswer {
        switch request {
        case .addSA(let entry):
            try install(entry, ownAddresses, now)
            return .done
        case .updateSA(let entry):
            try update(entry, ownAddresses, now)
            return .done
        case .getSA(let key): return .association(try record(key, now: now))
        case .deleteSA(let key):
            _ = try record(key, now: now)
            try removeAny(key.id)
            return .done
        case .flushSAD(let `protocol`):
            try removeAssociations(`protocol`)
            return .done
        case .allocateSPI(let entry, let range):
            return .association(try allocate(entry, range, now))
        case .addPolicy(let entry):
            guard policy(entry.policy.id) == nil else {
                throw DatabaseFailure(
                    .alreadyExists,
                    "There is a policy \(entry.policy.selector) for that direction already.")
            }
            try set(Self.policy(entry))
            return .done
        case .updatePolicy(let entry):
            try set(Self.policy(entry))
            return .done
        case .getPolicy(let key): return .policy(try record(key, now: now))
        case .deletePolicy(let key):
            try Self.requirePlain(key)
            try remove(key.id)
            return .done
        case .flushSPD:
            for policy in policies { try remove(policy.id) }
            return .done
        }
    }

    private mutating func install(
        _ entry: SADEntry, _ ownAddresses: [IPAddress], _ now: Instant
    ) throws(DatabaseFailure) {
        let association = try SecurityAssociation(entry, ownAddresses: ownAddresses)
        guard entry.id.spi.value != 0 else {
            throw DatabaseFailure(.unsupported, "An SA needs an SPI other than 0.")
        }
        try add(association, now: now)
        // The keys of a larval SA have come.
        removeLarval(entry.id)
    }

    /// Makes a larval SA mature, or follows a moved NAT mapping; nothing else of an SA changes while it lives.
    private mutating func update(
        _ entry: SADEntry, _ ownAddresses: [IPAddress], _ now: Instant
    ) throws(DatabaseFailure) {
        if larval(entry.id) != nil {
            try install(entry, ownAddresses, now)
            return
        }
        let present = try record(entry.key, now: now).entry
        guard let ports = entry.encapsulation?.ports, present.encapsulation != nil,
            present.lifetime == entry.lifetime
        else {
            throw .notInSoftware("change to a mature SA but that of its UDP ports; delete it and add it anew")
        }
        try updateEncapsulation(of: entry.id, to: ports)
    }

    private mutating func allocate(
        _ entry: SADEntry, _ range: ClosedRange<UInt32>, _ now: Instant
    ) throws(DatabaseFailure) -> SADRecord {
        // A few tries find a free one unless nearly all are taken.
        for _ in 0..<64 {
            let id = SecurityAssociationID(
                destination: entry.id.destination, protocol: entry.id.protocol, spi: SPI(.random(in: range)))
            guard id.spi.value != 0, !contains(id), larval(id) == nil else {
                continue
            }
            var allocated = SADEntry(id: id, source: entry.source, mode: entry.mode, transform: .none)
            allocated.requestID = entry.requestID
            allocated.acquireSequence = entry.acquireSequence
            add(LarvalAssociation(entry: allocated, deadline: now + LarvalAssociation.lifetime))
            return SADRecord(allocated, state: .larval)
        }
        throw DatabaseFailure(
            .notFound, "No SPI from \(range.lowerBound) to \(range.upperBound) is free.")
    }

    private mutating func removeAny(_ id: SecurityAssociationID) throws(DatabaseFailure) {
        if larval(id) != nil {
            removeLarval(id)
        } else {
            try remove(id)
        }
    }

    private static func policy(_ entry: SPDEntry) throws(DatabaseFailure) -> SecurityPolicy {
        try requirePlain(entry.key)
        guard entry.lifetime == .unlimited else { throw .notInSoftware("policies that expire") }
        guard entry.flags.isEmpty, entry.offload == nil, entry.securityContext == nil, entry.foreign.isEmpty
        else { throw .notInSoftware("flags, offload and security contexts of policies; leave them out") }
        guard entry.wantedIndex == 0, entry.policy.templates.allSatisfy(\.isPlain) else {
            throw .notInSoftware("algorithms or numbers asked for in policies; leave them out")
        }
        return entry.policy
    }

    private static func requirePlain(_ key: SPDKey) throws(DatabaseFailure) {
        let selector = key.id.selector
        guard selector.sourcePortMask == nil, selector.destinationPortMask == nil else {
            throw .notInSoftware("ports with masks; use single ports")
        }
        guard key == SPDKey(key.id) else { throw .notInSoftware("marks and interfaces of policies") }
    }
}

/// What is read from the databases.
extension EngineDatabase {
    func records(_ protocol: SecurityProtocol?, now: Instant) -> [SADRecord] {
        let records =
            larval.map { SADRecord($0.entry, state: .larval) } + outbound.map { record($0, now) }
            + inbound.map { record($0, now) }
        return records.filter { `protocol` == nil || $0.entry.id.protocol == `protocol` }
    }

    func record(_ key: SADKey, now: Instant) throws(DatabaseFailure) -> SADRecord {
        let id = key.id
        if key.mark == nil {
            switch installed(id) {
            case .outbound(let entry): return record(entry, now)
            case .inbound(let entry): return record(entry, now)
            case nil: if let entry = larval(id)?.entry { return SADRecord(entry, state: .larval) }
            }
        }
        throw DatabaseFailure(.notFound, "There is no SA \(id).")
    }

    func policyRecords(now: Instant) -> [SPDRecord] { policies.map { record($0, now) } }

    func record(_ key: SPDKey, now: Instant) throws(DatabaseFailure) -> SPDRecord {
        guard let policy = policy(key.id), key == SPDKey(key.id) else {
            throw DatabaseFailure(.notFound, "There is no \(key.id.direction) policy \(key.id.selector).")
        }
        return record(policy, now)
    }

    private func record(_ entry: OutboundAssociation, _ now: Instant) -> SADRecord {
        var record = SADRecord(
            SADEntry(entry.association, encapsulation: entry.encapsulation),
            state: isDying(entry.association.id) ? .dying : .mature)
        record.usage = usage(entry.usage, added: entry.added, firstUsed: entry.firstUsed, now)
        record.entry.replay.outboundSequence = entry.lastSequence
        return record
    }

    private func record(_ entry: InboundAssociation, _ now: Instant) -> SADRecord {
        var record = SADRecord(
            SADEntry(entry.association, encapsulation: entry.encapsulation),
            state: isDying(entry.association.id) ? .dying : .mature)
        record.usage = usage(entry.usage, added: entry.added, firstUsed: entry.firstUsed, now)
        record.entry.replay.inboundSequence = entry.highestSequence
        let refusals = entry.refusals
        record.late = refusals.late
        record.replayed = refusals.replayed
        record.integrityFailures = refusals.integrityFailures
        return record
    }

    private func record(_ policy: SecurityPolicy, _ now: Instant) -> SPDRecord {
        let facts = facts(of: policy.id)
        var record = SPDRecord(SPDEntry(policy), index: facts?.index ?? 0)
        record.usage = usage(SecurityAssociationUsage(), added: facts?.added, firstUsed: nil, now)
        return record
    }

    private func usage(
        _ traffic: SecurityAssociationUsage, added: Instant?, firstUsed: Instant?, _ now: Instant
    ) -> EntryUsage {
        let wall = WallClock.now
        func seconds(_ instant: Instant?) -> UInt64 {
            guard let instant else { return 0 }
            return UInt64(clamping: wall - (now - instant).components.seconds)
        }
        var usage = EntryUsage()
        usage.traffic = traffic
        usage.added = seconds(added)
        usage.firstUsed = seconds(firstUsed)
        return usage
    }
}

extension PolicyTemplate {
    /// Whether an SA of any algorithms will do.
    fileprivate var isPlain: Bool { algorithms == AlgorithmMasks() }
}
