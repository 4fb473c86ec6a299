package import IPsec

/// SAD and SPD in memory, which do nothing but hold what they are given.
package final class MemoryDatabase: AdministeredDatabase {
    package let name = "memory"
    package var associations: [SADRecord] = []
    package var policies: [SPDRecord] = []
    /// The SPI that is allocated next.
    package var nextSPI: UInt32 = 0x0d15_8496
    private var policyCount: UInt32 = 0

    package init() {}

    package func submit(
        _ request: DatabaseRequest, answer: @escaping (Result<DatabaseAnswer, DatabaseFailure>) -> Void
    ) {
        do throws(DatabaseFailure) {
            answer(.success(try perform(request)))
        } catch {
            answer(.failure(error))
        }
    }

    private func perform(_ request: DatabaseRequest) throws(DatabaseFailure) -> DatabaseAnswer {
        switch request {
        case .addSA(let entry): try add(entry)
        case .updateSA(let entry):
            let index = try place(entry.key)
            associations[index].entry = entry
            associations[index].state = .mature
        case .getSA(let key): return .association(associations[try place(key)])
        case .deleteSA(let key): associations.remove(at: try place(key))
        case .flushSAD(let `protocol`):
            associations.removeAll { `protocol` == nil || $0.entry.id.protocol == `protocol` }
        case .allocateSPI(let entry, _): return .association(allocate(entry))
        case .addPolicy(let entry):
            guard place(entry.key) == nil else { throw DatabaseFailure(.alreadyExists, "It is there.") }
            append(entry)
        case .updatePolicy(let entry):
            if let index = place(entry.key) { policies[index].entry = entry } else { append(entry) }
        case .getPolicy(let key): return .policy(policies[try present(key)])
        case .deletePolicy(let key): policies.remove(at: try present(key))
        case .flushSPD: policies = []
        }
        return .done
    }

    private func add(_ entry: SADEntry) throws(DatabaseFailure) {
        guard !associations.contains(where: { $0.entry.key == entry.key }) else {
            throw DatabaseFailure(.alreadyExists, "The SPI is taken.")
        }
        associations.append(SADRecord(entry, state: .mature))
    }

    private func allocate(_ entry: SADEntry) -> SADRecord {
        let id = SecurityAssociationID(
            destination: entry.id.destination, protocol: entry.id.protocol, spi: SPI(nextSPI))
        var larval = SADEntry(id: id, source: entry.source, mode: entry.mode, transform: .none)
        larval.requestID = entry.requestID
        associations.append(SADRecord(larval, state: .larval))
        return SADRecord(larval, state: .larval)
    }

    private func append(_ entry: SPDEntry) {
        policyCount += 1
        policies.append(
            SPDRecord(entry, index: policyCount << 3 | UInt32(entry.policy.direction.rawValue)))
    }

    private func place(_ key: SADKey) throws(DatabaseFailure) -> Int {
        guard let index = associations.firstIndex(where: { $0.entry.key == key }) else {
            throw DatabaseFailure(.notFound, "There is no such SA.")
        }
        return index
    }

    private func place(_ key: SPDKey) -> Int? { policies.firstIndex { $0.entry.key == key } }

    private func present(_ key: SPDKey) throws(DatabaseFailure) -> Int {
        guard let index = place(key) else { throw DatabaseFailure(.notFound, "There is no such policy.") }
        return index
    }

    package func finish() throws(DatabaseFailure) {}

    package func dumpSAD(
        _ protocol: SecurityProtocol?, _ each: (SADRecord) -> Void
    ) throws(DatabaseFailure) {
        associations.filter { `protocol` == nil || $0.entry.id.protocol == `protocol` }.forEach(each)
    }

    package func dumpSPD(_ each: (SPDRecord) -> Void) throws(DatabaseFailure) {
        policies.forEach(each)
    }

    package func watch(_ each: (DatabaseEvent) -> Bool) throws(DatabaseFailure) {}
}
