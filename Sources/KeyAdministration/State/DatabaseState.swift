package import IPsec
package import SourceText

/// What a SAD and an SPD hold at one moment, and what requests would make of it.
///
/// Policies of sockets are not in it: they cannot be changed from outside.
package struct DatabaseState {
    /// An SA, and the statement that asked for it.
    package struct Association {
        package var record: SADRecord
        package var origin: SourceLocation?
    }

    /// A policy, and the statement that asked for it.
    package struct Policy {
        package var record: SPDRecord
        package var origin: SourceLocation?
    }

    private var associationTable = OrderedTable<SADKey, Association>()
    private var policyTable = OrderedTable<SPDKey, Policy>()
    /// The index that the next policy gets; low three bits clear.
    private var nextIndex: UInt32 = 8

    package init() {}

    /// Oldest first.
    package var associations: [Association] { associationTable.values }
    /// Oldest first, which decides among equal priorities.
    package var policies: [Policy] { policyTable.values.sorted { $0.record.index < $1.record.index } }

    package subscript(key: SADKey) -> Association? { associationTable[key] }
    package subscript(key: SPDKey) -> Policy? { policyTable[key] }

    /// Reads what a database holds now.
    package static func read(from database: any AdministeredDatabase) throws(DatabaseFailure)
        -> DatabaseState
    {
        var associations: [SADRecord] = []
        var policies: [SPDRecord] = []
        try database.dumpSAD(nil) { associations.append($0) }
        try database.dumpSPD { if !$0.isPerSocket { policies.append($0) } }
        return DatabaseState(associations: associations.reversed(), policies: policies)
    }

    /// - Parameters:
    ///   - associations: oldest first.
    ///   - policies: in any order; their indices tell their age.
    package init(associations: some Sequence<SADRecord>, policies: some Sequence<SPDRecord>) {
        for record in associations { associationTable[record.entry.key] = Association(record: record) }
        for record in policies {
            policyTable[record.entry.key] = Policy(record: record)
            nextIndex = max(nextIndex, (record.index & ~7) &+ 8)
        }
    }

    /// Does to this state what a database would do, and refuses what it would refuse.
    package mutating func apply(
        _ request: DatabaseRequest, origin: SourceLocation? = nil
    ) throws(DatabaseFailure) {
        switch request {
        case .addSA(let entry):
            if let present = self[entry.key], present.record.state != .larval {
                throw Self.exists("an SA \(entry.id)")
            }
            set(entry, .mature, origin)
        case .updateSA(let entry):
            try require(entry.key)
            set(entry, .mature, origin)
        case .getSA(let key): try require(key)
        case .deleteSA(let key):
            try require(key)
            associationTable[key] = nil
        case .flushSAD(let number):
            associationTable.removeAll { number == nil || $0.record.entry.id.protocol == number }
        case .allocateSPI(let entry, _): set(entry, .larval, origin)
        case .addPolicy(let entry):
            guard self[entry.key] == nil else { throw Self.exists("a policy \(entry.policy.selector)") }
            set(entry, origin)
        case .updatePolicy(let entry): set(entry, origin)
        case .getPolicy(let key): try require(key)
        case .deletePolicy(let key):
            try require(key)
            policyTable[key] = nil
        case .flushSPD: policyTable = OrderedTable()
        }
    }

    private mutating func set(_ entry: SADEntry, _ state: SALifeState, _ origin: SourceLocation?) {
        associationTable[entry.key] = Association(record: SADRecord(entry, state: state), origin: origin)
    }

    /// A policy that is replaced keeps its index.
    private mutating func set(_ entry: SPDEntry, _ origin: SourceLocation?) {
        let index = self[entry.key]?.record.index ?? nextIndex | UInt32(entry.policy.direction.rawValue)
        if self[entry.key] == nil { nextIndex &+= 8 }
        policyTable[entry.key] = Policy(record: SPDRecord(entry, index: index), origin: origin)
    }

    private func require(_ key: SADKey) throws(DatabaseFailure) {
        guard self[key] == nil else { return }
        throw DatabaseFailure(.notFound, "there is no SA \(key.id)")
    }

    private func require(_ key: SPDKey) throws(DatabaseFailure) {
        guard self[key] == nil else { return }
        throw DatabaseFailure(
            .notFound, "there is no \(SetkeyWords.direction(key.id.direction)) policy \(key.id.selector)")
    }

    private static func exists(_ what: String) -> DatabaseFailure {
        DatabaseFailure(.alreadyExists, "there is \(what) already")
    }
}
