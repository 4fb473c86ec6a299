package import IPsec

/// PF_KEY over any SAD and SPD that can be administered.
///
/// The database must not tell, by `events`, of what the plane itself asked of it.
package struct AdministeredPlane<Database: AdministeredDatabase>: PFKeyPlane {
    private let store: PFKeyStore<Database>
    private let reply: SADBReply
    private let performed: SADBAlgorithms
    private let events: () -> [DatabaseEvent]
    private var listeners: Set<PFKeyClientID> = []
    private var nextRequestID: UInt32 = 0x4000

    /// - Parameters:
    ///   - algorithms: those that the database performs.
    ///   - events: gives what happened in the database by other hands.
    package init(
        _ database: Database, dialect: SADBDialect, algorithms: SADBAlgorithms,
        events: @escaping () -> [DatabaseEvent] = { [] }
    ) {
        store = PFKeyStore(database)
        reply = SADBReply(dialect)
        performed = algorithms
        self.events = events
    }

    package func algorithms(for client: PFKeyClientID) -> SADBAlgorithms { performed }

    package mutating func listen(_ isWanted: Bool, for client: PFKeyClientID) {
        if isWanted { listeners.insert(client) } else { listeners.remove(client) }
    }

    package mutating func forget(_ client: PFKeyClientID) { listeners.remove(client) }

    package func takeEvents() -> [PFKeyNotice] {
        // A record too long for a message: there is nobody to answer.
        events().compactMap { try? notice($0) }
    }

    package mutating func perform(
        _ message: SADBMessage, of client: PFKeyClientID, _ dialect: SADBDialect
    ) throws(SADBError) -> PFKeyOutcome {
        let header = message.header
        switch try SADBRequest(message, dialect) {
        case .database(let request): return .told(try carryOut(request, header, client))
        case .policy(let index):
            return .told([PFKeyNotice(reply.policy(try store.policy(index: index), header), to: .one(client))]
            )
        case .deletePolicy(let index):
            return .told([try delete(try store.policy(index: index), header, client)])
        case .dumpSAD(let `protocol`, let filter):
            let records = try store.associations(`protocol`).filter { filter?.selects($0.entry) ?? true }
            var messages: [[UInt8]] = []
            for record in records { messages.append(try reply.association(record, header).encoded()) }
            return try dump(messages)
        case .dumpSPD:
            var messages: [[UInt8]] = []
            for record in try store.policies() { messages.append(try reply.policy(record, header).encoded()) }
            return try dump(messages)
        case .acquireFailed: return .told([])
        }
    }

    private func dump(_ messages: [[UInt8]]) throws(SADBError) -> PFKeyOutcome {
        guard !messages.isEmpty else {
            throw SADBError(.unsupported, .noEntry, "There is nothing to dump.")
        }
        return .dump(messages)
    }
}

extension AdministeredPlane {
    private mutating func carryOut(
        _ request: DatabaseRequest, _ header: SADBHeader, _ client: PFKeyClientID
    ) throws(SADBError) -> [PFKeyNotice] {
        switch request {
        case .addSA(let entry), .updateSA(let entry):
            _ = try store.perform(request)
            return [tellAll(try reply.association(try store.association(entry.key), header), client)]
        case .getSA(let key): return [tell(try reply.association(try store.association(key), header), client)]
        case .deleteSA(let key):
            var record = try store.association(key)
            _ = try store.perform(request)
            record.state = .dead
            return [tellAll(try reply.association(record, header), client)]
        case .allocateSPI:
            guard case .association(let record) = try store.perform(request) else {
                throw SADBError(.unsupported, .databaseFailed, "The database told no SPI.")
            }
            return [tell(try reply.association(record, header), client)]
        case .flushSAD(let `protocol`):
            return try flush(request, isEmpty: try store.associations(`protocol`).isEmpty, header, client)
        case .flushSPD: return try flush(request, isEmpty: try store.policies().isEmpty, header, client)
        case .addPolicy(let entry):
            return [try set(.addPolicy(try withRequestIDs(entry)), entry.key, header, client)]
        case .updatePolicy(let entry):
            return [try set(.updatePolicy(try withRequestIDs(entry)), entry.key, header, client)]
        case .getPolicy(let key): return [tell(reply.policy(try store.policy(key), header), client)]
        case .deletePolicy(let key): return [try delete(try store.policy(key), header, client)]
        }
    }

    private func tell(_ message: SADBMessage, _ client: PFKeyClientID) -> PFKeyNotice {
        PFKeyNotice(message, to: .one(client), askedBy: client)
    }

    private func tellAll(_ message: SADBMessage, _ client: PFKeyClientID) -> PFKeyNotice {
        PFKeyNotice(message, to: .all, askedBy: client)
    }

    private func set(
        _ request: DatabaseRequest, _ key: SPDKey, _ header: SADBHeader, _ client: PFKeyClientID
    ) throws(SADBError) -> PFKeyNotice {
        _ = try store.perform(request)
        var header = header
        // Linux answers SPDSETIDX as what it did.
        if header.type == .policySetIndex { header.type = .policyAdd }
        return tellAll(reply.policy(try store.policy(key), header), client)
    }

    private func delete(
        _ record: SPDRecord, _ header: SADBHeader, _ client: PFKeyClientID
    ) throws(SADBError) -> PFKeyNotice {
        _ = try store.perform(.deletePolicy(record.entry.key))
        return tellAll(reply.policy(record, header), client)
    }

    /// The sender is told at once, and again with all others if there was something to flush.
    private func flush(
        _ request: DatabaseRequest, isEmpty: Bool, _ header: SADBHeader, _ client: PFKeyClientID
    ) throws(SADBError) -> [PFKeyNotice] {
        _ = try store.perform(request)
        let answer = SADBMessage(header.answered)
        return [tell(answer, client)] + (isEmpty ? [] : [tellAll(answer, client)])
    }

    /// Level `unique` with no request ID, or one that is not for administrators, gets a fresh one.
    private mutating func withRequestIDs(_ entry: SPDEntry) throws(SADBError) -> SPDEntry {
        guard case .protect(var templates) = entry.policy.action,
            templates.contains(where: \.wantsRequestID)
        else { return entry }
        let used = Set(
            try store.policies().flatMap { $0.entry.policy.templates.map(\.requestID) })
        for index in templates.indices where templates[index].wantsRequestID {
            templates[index].level = .unique(requestID: freshRequestID(used))
        }
        var entry = entry
        entry.policy.action = .protect(templates)
        return entry
    }

    /// A request ID that no policy has.
    ///
    /// Above those that administrators may choose themselves.
    private mutating func freshRequestID(_ used: Set<UInt32>) -> UInt32 {
        repeat {
            nextRequestID = nextRequestID == .max ? 0x4000 : nextRequestID + 1
        } while used.contains(nextRequestID - 1)
        return nextRequestID - 1
    }
}

/// What happened by other hands.
extension AdministeredPlane {
    /// The message for an event and who gets it; nil for what PF_KEY does not tell.
    func notice(_ event: DatabaseEvent) throws(SADBError) -> PFKeyNotice? {
        switch event {
        case .added(let record): return toAll(try reply.association(record, SADBHeader(.add)))
        case .updated(let record): return toAll(try reply.association(record, SADBHeader(.update)))
        case .deleted(var record):
            record.state = .dead
            return toAll(try reply.association(record, SADBHeader(.delete)))
        case .expired(var record, let isHard):
            record.state = isHard ? .dead : .dying
            return toListeners(reply.expiry(record, isHard: isHard))
        case .flushedSAD(let `protocol`):
            return toAll(SADBMessage(SADBHeader(.flush, SADBSatype(`protocol`))))
        case .addedPolicy(let record): return toAll(reply.policy(record, SADBHeader(.policyAdd)))
        case .updatedPolicy(let record): return toAll(reply.policy(record, SADBHeader(.policyUpdate)))
        case .deletedPolicy(let record): return toAll(reply.policy(record, SADBHeader(.policyDelete)))
        case .flushedSPD: return toAll(SADBMessage(SADBHeader(.policyFlush)))
        case .acquire(let acquire): return try notice(acquire)
        case .mappingChanged(let key, let old, let new):
            return toListeners(reply.mappingChanged(try store.association(key), old: old, new: new))
        case .expiredPolicy, .other, .lost: return nil
        }
    }

    private func toAll(_ message: SADBMessage) -> PFKeyNotice { PFKeyNotice(message, to: .all) }

    private func toListeners(_ message: SADBMessage) -> PFKeyNotice {
        PFKeyNotice(message, to: .registered(and: nil))
    }

    private func notice(_ acquire: Acquire) throws(SADBError) -> PFKeyNotice? {
        guard !listeners.isEmpty else { return nil }
        let policy = try store.policy(SPDKey(acquire.policy.id))
        let isAH = acquire.policy.templates.first?.protocol == .ah
        return toListeners(
            reply.acquire(acquire, index: policy.index, combinations: performed.combinations(isAH: isAH)))
    }
}

extension SADBFilter {
    fileprivate func selects(_ entry: SADEntry) -> Bool {
        selects(source: entry.source, destination: entry.id.destination)
    }
}

extension PolicyTemplate {
    /// Above 0x3fff are those that the database itself gives out.
    fileprivate var wantsRequestID: Bool {
        if case .unique(let requestID) = level { requestID == 0 || requestID > 0x3fff } else { false }
    }
}
