import Algorithms
import ControlProtocol
import ESP
import IPsec
import PlainESP
import UserspaceIPsec

/// What the databases cost with few SAs and policies and with many: finding an SA, and changing something.
struct ScaleBench {
    enum Subject: String, CaseIterable {
        case inbound = "SA by its SPI"
        case outbound = "SA of a policy"
        case association = "change of an SA"
        case policy = "change of a policy"
    }

    struct Row {
        let subject: Subject
        let count: Int
        var cost = Series()
    }

    private static let transform = SampleTransform(encryption: CipherChoice(.aesGCM16, keyBits: 128))
    private static let lookups = 4096
    private static let changes = 256
    private static let now = Instant(nanoseconds: 1)
    let runs: Int

    func rows() throws -> [Row] { try LookupBench.counts.flatMap(rows) }

    private func rows(_ count: Int) throws -> [Row] {
        var database = try Self.database(count)
        return try Subject.allCases.map { subject in
            var row = Row(subject: subject, count: count)
            for run in 0...runs {
                let (spent, operations) = try Self.measure(subject, &database, count)
                if run > 0 { row.cost.add(nanoseconds: spent, operations: operations) }
            }
            return row
        }
    }

    /// So many SAs of each direction, and as many policies that ask for them.
    private static func database(_ count: Int) throws -> EngineDatabase {
        var database = EngineDatabase()
        for number in 0..<UInt32(count) {
            try database.add(association(.inbound, number), now: now)
            try database.add(association(.outbound, number), now: now)
            try database.set(policy(number))
        }
        return database
    }

    private static func measure(
        _ subject: Subject, _ database: inout EngineDatabase, _ count: Int
    ) throws -> (nanoseconds: UInt64, operations: Int) {
        switch subject {
        case .inbound:
            let snapshot = database.snapshot
            let destination = association(.inbound, 0).id.destination
            let numbers = (0..<lookups).map { SPI(spi(LookupBench.mixed(UInt32($0)) % UInt32(count))) }
            return try time(numbers) { snapshot.knows($0, to: destination) }
        case .outbound:
            let snapshot = database.snapshot
            let flows = try (0..<lookups).map { index in
                try LookupBench.flow(policy(LookupBench.mixed(UInt32(index)) % UInt32(count)).selector)
            }
            return try time(flows) { snapshot.protects($0) }
        case .association:
            let added = (0..<changes).map { association(.outbound, UInt32(count + $0)) }
            return try time(&database, added) { database, association in
                try database.add(association, now: now)
            } undo: { database, association in
                try database.remove(association.id)
            }
        case .policy:
            let added = (0..<changes).map { policy(UInt32(count + $0)) }
            return try time(&database, added) { database, policy in
                try database.set(policy)
            } undo: { database, policy in
                try database.remove(policy.id)
            }
        }
    }

    private static func time<Item>(
        _ items: [Item], _ lookup: (Item) -> Bool
    ) throws -> (nanoseconds: UInt64, operations: Int) {
        var found = 0
        let start = plain_thread_nanoseconds()
        for item in items where lookup(item) { found += 1 }
        let spent = plain_thread_nanoseconds() - start
        guard found == items.count else { throw BenchFailure("what is in the databases was not found") }
        return (spent, items.count)
    }

    /// Every change is published, as the packet threads have to see it.
    private static func time<Item>(
        _ database: inout EngineDatabase, _ items: [Item],
        _ change: (inout EngineDatabase, Item) throws -> Void,
        undo: (inout EngineDatabase, Item) throws -> Void
    ) throws -> (nanoseconds: UInt64, operations: Int) {
        var published = database.snapshot
        let start = plain_thread_nanoseconds()
        for item in items {
            try change(&database, item)
            published = database.snapshot
        }
        for item in items {
            try undo(&database, item)
            published = database.snapshot
        }
        let spent = plain_thread_nanoseconds() - start
        return withExtendedLifetime(published) { (spent, 2 * items.count) }
    }

    private static func spi(_ number: UInt32) -> UInt32 { 0x1_0000 + number }

    /// Of a peer of its own.
    private static func association(_ direction: Direction, _ number: UInt32) -> SecurityAssociation {
        var association = transform.association(direction, spi: spi(number), host: 2)
        let ours = association.source
        let peer = LookupBench.address(0x6440_0000 + number)
        association.source = direction == .outbound ? ours : peer
        association.id = SecurityAssociationID(
            destination: direction == .outbound ? peer : ours, protocol: .esp, spi: association.id.spi)
        return association
    }

    /// Asks for the outbound SA of the same number.
    private static func policy(_ number: UInt32) -> SecurityPolicy {
        let association = association(.outbound, number)
        let template = PolicyTemplate(
            protocol: .esp, mode: .tunnel, tunnelSource: association.source,
            tunnelDestination: association.id.destination)
        return SecurityPolicy(
            selector: Selector(
                source: .any(.ipv4), destination: IPPrefix(host: LookupBench.address(0x0a00_0000 + number))),
            direction: .outbound, action: .protect([template]))
    }
}

extension ScaleBench {
    /// Whether changes cost what they change, not what there is.
    static func isFlat(_ rows: [Row]) -> Bool {
        [Subject.association, .policy].allSatisfy { subject in
            Flatness.holds(rows.filter { $0.subject == subject }.map(\.cost))
        }
    }
}

extension ScaleBench.Row {
    var line: String { "\(subject.rawValue), \(count) present: \(cost.text)" }

    var json: JSONValue {
        .object([
            .init("subject", .string(subject.rawValue)), .init("present", .integer(Int64(count))),
            .init("cost", cost.json),
        ])
    }
}
