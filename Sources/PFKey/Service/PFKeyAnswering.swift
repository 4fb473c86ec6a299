import IPsec

/// What each request does, and who is told.
extension PFKeyService {
    mutating func answer(
        _ request: SADBRequest, _ header: SADBHeader, from id: PFKeyClientID
    ) throws(SADBError) {
        switch request {
        case .database(let request): try carryOut(request, header, from: id)
        case .policy(let index):
            send(reply.policy(try store.policy(index: index), header), to: .one(id))
        case .deletePolicy(let index): try delete(try store.policy(index: index), header)
        case .dumpSAD(let `protocol`, let filter):
            let records = try store.associations(`protocol`).filter { filter?.selects($0.entry) ?? true }
            try start(PFKeyDump(header.answered, associations: records), id)
        case .dumpSPD: try start(PFKeyDump(header.answered, policies: try store.policies()), id)
        case .register(let satype): try register(satype, header, id)
        case .promiscuous(let promiscuity):
            setPromiscuity(promiscuity, id)
            send(SADBMessage(header), to: .all)
        case .acquireFailed: break
        }
    }

    private mutating func carryOut(
        _ request: DatabaseRequest, _ header: SADBHeader, from id: PFKeyClientID
    ) throws(SADBError) {
        switch request {
        case .addSA(let entry), .updateSA(let entry):
            _ = try store.perform(request)
            send(try reply.association(try store.association(entry.key), header), to: .all)
        case .getSA(let key):
            send(try reply.association(try store.association(key), header), to: .one(id))
        case .deleteSA(let key):
            var record = try store.association(key)
            _ = try store.perform(request)
            record.state = .dead
            send(try reply.association(record, header), to: .all)
        case .allocateSPI:
            guard case .association(let record) = try store.perform(request) else {
                throw SADBError(.unsupported, .databaseFailed, "The database told no SPI.")
            }
            send(try reply.association(record, header), to: .one(id))
        case .flushSAD(let `protocol`):
            try flush(request, isEmpty: try store.associations(`protocol`).isEmpty, header, id)
        case .flushSPD: try flush(request, isEmpty: try store.policies().isEmpty, header, id)
        case .addPolicy(let entry): try set(.addPolicy(try withRequestIDs(entry)), entry.key, header)
        case .updatePolicy(let entry): try set(.updatePolicy(try withRequestIDs(entry)), entry.key, header)
        case .getPolicy(let key): send(reply.policy(try store.policy(key), header), to: .one(id))
        case .deletePolicy(let key): try delete(try store.policy(key), header)
        }
    }

    private mutating func set(
        _ request: DatabaseRequest, _ key: SPDKey, _ header: SADBHeader
    ) throws(SADBError) {
        _ = try store.perform(request)
        var header = header
        // Linux answers SPDSETIDX as what it did.
        if header.type == .policySetIndex { header.type = .policyAdd }
        send(reply.policy(try store.policy(key), header), to: .all)
    }

    private mutating func delete(_ record: SPDRecord, _ header: SADBHeader) throws(SADBError) {
        _ = try store.perform(.deletePolicy(record.entry.key))
        send(reply.policy(record, header), to: .all)
    }

    /// The sender is told at once, and again with all others if there was something to flush.
    private mutating func flush(
        _ request: DatabaseRequest, isEmpty: Bool, _ header: SADBHeader, _ id: PFKeyClientID
    ) throws(SADBError) {
        _ = try store.perform(request)
        send(SADBMessage(header.answered), to: .one(id))
        if !isEmpty { send(SADBMessage(header.answered), to: .all) }
    }

    private mutating func register(
        _ satype: SADBSatype, _ header: SADBHeader, _ id: PFKeyClientID
    ) throws(SADBError) {
        if satype != .unspecified, !register(satype, id) {
            throw SADBError(.unsupported, .exists, "SA type \(satype.value) is registered already.")
        }
        send(reply.registered(algorithms, header), to: .registered(and: id))
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
}

/// What happened by other hands.
extension PFKeyService {
    /// The message for an event and who gets it; nil for what PF_KEY does not tell.
    func notice(_ event: DatabaseEvent) throws(SADBError) -> (SADBMessage, PFKeyAudience)? {
        switch event {
        case .added(let record): return (try reply.association(record, SADBHeader(.add)), .all)
        case .updated(let record): return (try reply.association(record, SADBHeader(.update)), .all)
        case .deleted(var record):
            record.state = .dead
            return (try reply.association(record, SADBHeader(.delete)), .all)
        case .expired(var record, let isHard):
            record.state = isHard ? .dead : .dying
            return (reply.expiry(record, isHard: isHard), .registered(and: nil))
        case .flushedSAD(let `protocol`):
            return (SADBMessage(SADBHeader(.flush, SADBSatype(`protocol`))), .all)
        case .addedPolicy(let record): return (reply.policy(record, SADBHeader(.policyAdd)), .all)
        case .updatedPolicy(let record): return (reply.policy(record, SADBHeader(.policyUpdate)), .all)
        case .deletedPolicy(let record): return (reply.policy(record, SADBHeader(.policyDelete)), .all)
        case .flushedSPD: return (SADBMessage(SADBHeader(.policyFlush)), .all)
        case .acquire(let acquire): return try notice(acquire)
        case .mappingChanged(let key, let old, let new):
            return (
                reply.mappingChanged(try store.association(key), old: old, new: new), .registered(and: nil)
            )
        case .expiredPolicy, .other, .lost: return nil
        }
    }

    private func notice(_ acquire: Acquire) throws(SADBError) -> (SADBMessage, PFKeyAudience)? {
        guard hasListeners else { return nil }
        let policy = try store.policy(SPDKey(acquire.policy.id))
        let isAH = acquire.policy.templates.first?.protocol == .ah
        let message = reply.acquire(
            acquire, index: policy.index, combinations: algorithms.combinations(isAH: isAH))
        return (message, .registered(and: nil))
    }
}

extension SADBFilter {
    func selects(_ entry: SADEntry) -> Bool {
        source.contains(entry.source) && destination.contains(entry.id.destination)
    }
}

extension PolicyTemplate {
    /// Above 0x3fff are those that the database itself gives out.
    fileprivate var wantsRequestID: Bool {
        if case .unique(let requestID) = level { requestID == 0 || requestID > 0x3fff } else { false }
    }
}
