import Algorithms
import IPsec
import KeyMaterial
import Testing

@testable import KeyAdministration

@Suite struct ChangePlanTests {
    /// No packet that is protected before and after passes in clear in between, whatever the two states are.
    @Test(arguments: 0..<400)
    func nothingProtectedBeforeAndAfterEverPassesInClear(seed: Int) throws {
        var world = RandomWorld(seed: UInt64(seed))
        let database = RecordingDatabase(world.state())
        let old = database.state
        let new = world.state(resembling: old)
        let plan = ChangePlan(StateDifference(from: old, to: new))
        let application = ChangeApplication(database, state: old)
        try application.perform(plan.requests)
        #expect(database.requests.count == plan.requests.count)
        let last = database.state
        let isDone = StateDifference(from: last, to: new).isEmpty
        #expect(isDone)
        for (packet, direction) in world.packets {
            let before = verdict(packet, direction, old)
            let after = verdict(packet, direction, last)
            guard before == .protected, after == .protected else { continue }
            for state in database.history {
                #expect(verdict(packet, direction, state) != .clear, "\(packet) \(direction)")
            }
        }
    }

    /// A refusal at any place leaves everything as it was.
    @Test(arguments: 0..<60)
    func aRefusalUndoesAll(seed: Int) throws {
        var world = RandomWorld(seed: UInt64(seed))
        let old = world.state()
        let plan = ChangePlan(StateDifference(from: old, to: world.state(resembling: old)))
        for place in plan.requests.indices {
            let database = RecordingDatabase(old)
            var count = 0
            database.refusal = { _ in
                defer { count += 1 }
                return count == place ? DatabaseFailure(.unsupported, "no") : nil
            }
            let application = ChangeApplication(database, state: old)
            do throws(ChangeApplication.Refusal) {
                try application.perform(plan.requests)
                Issue.record("not refused")
            } catch {
                // What follows a refused request may be refused, too; of what was done nothing may be left.
                #expect(error.leftovers.isEmpty)
            }
            let isAsItWas = StateDifference(from: database.state, to: old).isEmpty
            #expect(isAsItWas)
        }
    }

    @Test func nothingToChangeIsNoRequest() {
        var world = RandomWorld(seed: 1)
        let state = world.state()
        #expect(ChangePlan(StateDifference(from: state, to: state)).requests.isEmpty)
    }

    @Test func aChangedKeyIsTheOnlyChange() throws {
        let old = try state(GoldenRecords.tunnelled)
        var entry = GoldenRecords.tunnelled
        entry.transform = .esp(
            KeyedCipher(.aesCBC, key: GoldenRecords.key("another key of16")),
            KeyedIntegrity(.hmacSHA1, key: GoldenRecords.key("01234567890123456789")))
        let difference = StateDifference(from: old, to: try state(entry))
        #expect(difference.changedAssociations.map(\.differences) == [["algorithms or keys"]])
        let words = ChangePlan(difference).requests.map { planned in
            switch planned.request {
            case .deleteSA: "delete"
            case .addSA: "add"
            default: "other"
            }
        }
        #expect(words == ["delete", "add"])
    }

    @Test func aChangedLifetimeIsChangedInPlace() throws {
        var entry = GoldenRecords.tunnelled
        entry.lifetime.hardTime = .seconds(7200)
        let difference = StateDifference(from: try state(GoldenRecords.tunnelled), to: try state(entry))
        let requests = ChangePlan(difference).requests
        #expect(requests.count == 1)
        guard case .updateSA = requests.first?.request else {
            Issue.record("not an update")
            return
        }
    }

    @Test func anAllocatedSPIMatures() throws {
        var old = DatabaseState()
        try old.apply(.allocateSPI(GoldenRecords.tunnelled, 0x1001...0x1001))
        let plan = ChangePlan(StateDifference(from: old, to: try state(GoldenRecords.tunnelled)))
        guard plan.requests.count == 1, case .updateSA = plan.requests.first?.request else {
            Issue.record("not an update")
            return
        }
    }

    private func state(_ entries: SADEntry...) throws -> DatabaseState {
        var state = DatabaseState()
        for entry in entries { try state.apply(.addSA(entry)) }
        return state
    }

    private func verdict(
        _ packet: PacketQuery, _ direction: PolicyDirection, _ state: DatabaseState
    ) -> Explanation.Verdict {
        Explanation(packet, direction, PolicyLookup(state)).verdict
    }
}

/// Small random databases in which policies overlap and compete, and the packets that tell them apart.
struct RandomWorld {
    private var generator: SplitMix

    init(seed: UInt64) {
        generator = SplitMix(state: seed &* 7919 &+ 1)
    }

    private static let prefixes = ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16", "10.1.1.0/24", "0.0.0.0/0"]
        .compactMap { IPPrefix($0) }

    /// A packet for each way in which the prefixes overlap.
    var packets: [(PacketQuery, PolicyDirection)] {
        let addresses = ["10.1.1.1", "10.1.2.1", "10.2.0.1", "10.3.0.1", "192.0.2.9"].map {
            GoldenRecords.address($0)
        }
        return addresses.flatMap { source in
            addresses.flatMap { destination in
                [UInt8(6), 17].map {
                    (
                        PacketQuery(source: source, destination: destination, upperProtocol: $0),
                        PolicyDirection.outbound
                    )
                }
            }
        }
    }

    mutating func state() -> DatabaseState {
        var state = DatabaseState()
        for _ in 0..<pick(0...6) { try? state.apply(.addPolicy(policy())) }
        for _ in 0..<pick(0...4) { try? state.apply(.addSA(association())) }
        return state
    }

    /// Another state that shares entries with a first one.
    mutating func state(resembling old: DatabaseState) -> DatabaseState {
        var state = DatabaseState()
        for found in old.policies where pick(0...2) > 0 {
            var entry = found.record.entry
            if pick(0...1) == 0 { entry.policy.priority = priority() }
            if pick(0...3) == 0 { entry.policy.action = action() }
            try? state.apply(.addPolicy(entry))
        }
        for found in old.associations where pick(0...3) > 0 {
            try? state.apply(.addSA(pick(0...1) == 0 ? found.record.entry : association()))
        }
        for _ in 0..<pick(0...3) { try? state.apply(.addPolicy(policy())) }
        for _ in 0..<pick(0...3) { try? state.apply(.addSA(association())) }
        return state
    }

    private mutating func policy() -> SPDEntry {
        let prefixes = Self.prefixes
        let selector = Selector(
            source: prefixes[pick(0...4)], destination: prefixes[pick(0...4)],
            upperProtocol: [0, 0, 6, 17][pick(0...3)])
        let policy = SecurityPolicy(
            selector: selector, direction: .outbound, action: action(), priority: priority())
        return SPDEntry(policy)
    }

    private mutating func priority() -> UInt32 { [10, 20, 20, 30, 40][pick(0...4)] }

    private mutating func action() -> SecurityPolicy.Action {
        switch pick(0...5) {
        case 0: .bypass
        case 1: .discard
        default: .protect([template()])
        }
    }

    private mutating func template() -> PolicyTemplate {
        let levels: [PolicyTemplate.Level] = [
            .use, .use, .require, .unique(requestID: 1), .unique(requestID: 2),
        ]
        return PolicyTemplate(
            protocol: .esp, mode: .tunnel, tunnelSource: GoldenRecords.address("192.0.2.1"),
            tunnelDestination: GoldenRecords.address("192.0.2.2"), level: levels[pick(0...4)])
    }

    private mutating func association() -> SADEntry {
        var entry = SADEntry(
            id: SecurityAssociationID(
                destination: GoldenRecords.address("192.0.2.2"), protocol: .esp,
                spi: SPI(UInt32(0x1000 + pick(0...3)))),
            source: GoldenRecords.address("192.0.2.1"), mode: .tunnel,
            transform: .esp(KeyedCipher(.null, key: SecretKey(copying: [])), nil))
        entry.requestID = UInt32(pick(0...2))
        return entry
    }

    private mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
}

/// Numbers that a seed determines.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
