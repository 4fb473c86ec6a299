import Algorithms
import IPsec
import KeyMaterial
import TestSupport
import Testing

@testable import PFKey

/// A service over a database in memory, and what its clients have got.
private struct Bench {
    /// What the database will tell.
    private final class Events {
        var waiting: [DatabaseEvent] = []

        func take() -> [DatabaseEvent] {
            defer { waiting = [] }
            return waiting
        }
    }

    private let events: Events
    var service: PFKeyService<AdministeredPlane<MemoryDatabase>>

    init(_ limits: PFKeyLimits = PFKeyLimits(maximumQueue: 65_536)) {
        let events = Events()
        self.events = events
        service = PFKeyService(
            AdministeredPlane(
                MemoryDatabase(), dialect: .own,
                algorithms: SADBAlgorithms(Catalogue.encryption, Catalogue.integrity), events: events.take),
            limits: limits)
    }

    mutating func connect(_ count: Int, _ dialect: SADBDialect = .own) -> [PFKeyClientID] {
        (0..<count).map { _ in service.connect(dialect) }
    }

    mutating func tell(_ event: DatabaseEvent) {
        events.waiting.append(event)
        service.tellEvents()
    }

    mutating func send(_ message: SADBMessage, from id: PFKeyClientID) throws {
        try service.receive(try message.encoded(), from: id)
    }

    mutating func send(_ request: DatabaseRequest, from id: PFKeyClientID, process: UInt32 = 7) throws {
        try send(try SADBRequestWriting(process: process).message(request, sequence: 5), from: id)
    }

    /// All that waits for a client.
    mutating func take(_ id: PFKeyClientID) throws -> [SADBMessage] {
        var messages: [SADBMessage] = []
        while let bytes = service.next(for: id) { messages.append(try SADBMessage(decoding: bytes.span)) }
        return messages
    }

    mutating func types(_ id: PFKeyClientID) throws -> [SADBMessageType] { try take(id).map(\.header.type) }
}

@Suite struct PFKeyServiceTests {
    private static let one = IPAddress(family: .ipv4, value: 0xc000_0201)
    private static let two = IPAddress(family: .ipv4, value: 0xc000_0202)

    private static func entry(_ spi: UInt32) -> SADEntry {
        let id = SecurityAssociationID(destination: two, protocol: .esp, spi: SPI(spi))
        func key(_ count: Int) -> SecretKey { SecretKey(copying: Array(repeating: 3, count: count)) }
        return SADEntry(
            id: id, source: one, mode: .transport,
            transform: .esp(KeyedCipher(.aesCBC, key: key(16)), KeyedIntegrity(.hmacSHA256, key: key(32))))
    }

    private static func policy(
        _ last: UInt128, _ level: PolicyTemplate.Level = .require
    ) -> SPDEntry {
        let other = IPPrefix(host: IPAddress(family: .ipv4, value: 0x0a00_0000 | last))
        let template = PolicyTemplate(protocol: .esp, mode: .transport, level: level)
        return SPDEntry(
            SecurityPolicy(
                selector: Selector(source: IPPrefix(host: one), destination: other), direction: .outbound,
                action: .protect([template])))
    }

    @Test(arguments: [(PFKeyLimits.Keys.requester, false), (.everybody, true)])
    func aNewSAIsToldToAllAndItsKeysToWhomTheyAreFor(_ keys: PFKeyLimits.Keys, _ othersSee: Bool) throws {
        var bench = Bench(PFKeyLimits(keys: keys))
        let clients = bench.connect(2)
        try bench.send(.addSA(Self.entry(0x1001)), from: clients[0])
        let answers = try bench.take(clients[0])
        #expect(answers.map(\.header.type) == [.add])
        #expect(answers.first?.header.process == 7)
        let key = answers.first?.key(.encryption)?.key
        #expect(
            key.map { SecretKey.constantTimeEqual($0, SecretKey(copying: Array(repeating: 3, count: 16))) }
                == true)
        let told = try bench.take(clients[1])
        #expect(told.map(\.header.type) == [.add])
        #expect((told.first?.key(.encryption) != nil) == othersSee)
        #expect((told.first?.key(.authentication) != nil) == othersSee)
        #expect(told.first?.association?.spi == 0x1001)
        try bench.send(.getSA(Self.entry(0x1001).key), from: clients[0])
        #expect(try bench.types(clients[0]) == [.get])
        #expect(try bench.types(clients[1]).isEmpty)
        try bench.send(.deleteSA(Self.entry(0x1001).key), from: clients[1])
        #expect(try bench.take(clients[0]).first?.association?.state == 3)
    }

    @Test func aRefusalGoesToTheSenderAloneWithNumberAndSentence() throws {
        var bench = Bench()
        let clients = bench.connect(2)
        try bench.send(.addSA(Self.entry(0x1001)), from: clients[0])
        _ = try bench.take(clients[0])
        _ = try bench.take(clients[1])
        try bench.send(.addSA(Self.entry(0x1001)), from: clients[0])
        try bench.send(.deleteSA(Self.entry(0x1002).key), from: clients[0])
        try bench.send(.deletePolicy(Self.policy(1).key), from: clients[0])
        let answers = try bench.take(clients[0])
        #expect(answers.map(\.header.error) == [.exists, .noAssociation, .noEntry])
        #expect(answers.first?.explanation == "The SPI is taken.")
        #expect(try bench.take(clients[1]).isEmpty)
    }

    @Test func aDumpCountsUpAndItsLastIsZero() throws {
        var bench = Bench()
        let client = bench.connect(1)[0]
        let requests = SADBRequestWriting(process: 7)
        let dump = requests.dump(.dump, nil, sequence: 9)
        try bench.send(dump, from: client)
        #expect(try bench.take(client).map(\.header.error) == [.noEntry])
        for spi in [0x1001, 0x1002, 0x1003] as [UInt32] {
            try bench.send(.addSA(Self.entry(spi)), from: client)
        }
        _ = try bench.take(client)
        try bench.send(dump, from: client)
        let answers = try bench.take(client)
        #expect(answers.map(\.header.error) == [.none, .none, .none])
        #expect(answers.map(\.header.sequence) == [1, 2, 0])
        try bench.send(requests.dump(.dump, .ah, sequence: 9), from: client)
        #expect(try bench.take(client).map(\.header.error) == [.noEntry])
    }

    @Test(
        arguments: [
            (2, "192.0.2.0", 24, 0, 1), (2, "192.0.3.0", 24, 0, 0), (10, "192.0.2.0", 24, 0, 0),
            (0, "192.0.2.0", 24, 0, 1),
            (2, "192.0.2.1", 128, 128, 0), (0, "192.0.2.1", 32, 0, 1),
        ] as [(UInt16, String, UInt8, UInt8, Int)])
    func aFilterSelectsByPrefixes(
        _ family: UInt16, _ source: String, _ length: UInt8, _ otherLength: UInt8, _ count: Int
    ) throws {
        var bench = Bench()
        let client = bench.connect(1)[0]
        try bench.send(.addSA(Self.entry(0x1001)), from: client)
        _ = try bench.take(client)
        var filter = SADBFilter(source: .any(.ipv4), destination: .any(.ipv4))
        filter.source = try #require(IPAddress(source)).bytes + [UInt8](repeating: 0, count: 12)
        (filter.family, filter.sourceLength, filter.destinationLength) = (family, length, otherLength)
        try bench.send(SADBMessage(SADBHeader(.dump), [.filter(filter)]), from: client)
        let answers = try bench.take(client)
        #expect(answers.filter { $0.header.error == .none }.count == count)
        filter.sourceLength = 129
        try bench.send(SADBMessage(SADBHeader(.dump), [.filter(filter)]), from: client)
        #expect(try bench.take(client).map(\.header.error) == [.invalid])
    }

    @Test func aLongDumpGoesAsItIsReadAndASecondOneWaitsForItsEnd() throws {
        var bench = Bench(PFKeyLimits())
        let client = bench.connect(1)[0]
        let count = 1000
        for spi in 1...UInt32(count) { try bench.send(.addSA(Self.entry(spi)), from: client) }
        _ = try bench.take(client)
        let requests = SADBRequestWriting(process: 7)
        try bench.send(requests.dump(.dump, nil, sequence: 9), from: client)
        try bench.send(requests.dump(.policyDump, nil, sequence: 9), from: client)
        let answers = try bench.take(client)
        #expect(answers.count == count + 1)
        #expect(answers.last?.header.sequence == 0)
        #expect(answers.filter { $0.header.error == .busy }.map(\.header.type) == [.policyDump])
        try bench.send(requests.dump(.dump, nil, sequence: 9), from: client)
        #expect(try bench.take(client).count == count)
    }

    @Test func aFlushIsToldTwiceToItsSenderUnlessThereWasNothing() throws {
        var bench = Bench()
        let clients = bench.connect(2)
        try bench.send(.flushSAD(nil), from: clients[0])
        #expect(try bench.types(clients[0]) == [.flush])
        #expect(try bench.types(clients[1]).isEmpty)
        try bench.send(.addSA(Self.entry(0x1001)), from: clients[0])
        try bench.send(.flushSAD(.esp), from: clients[0])
        #expect(try bench.types(clients[0]) == [.add, .flush, .flush])
        #expect(try bench.types(clients[1]) == [.add, .flush])
        try bench.send(.addPolicy(Self.policy(1)), from: clients[0])
        try bench.send(.flushSPD, from: clients[0])
        #expect(try bench.types(clients[1]) == [.policyAdd, .policyFlush])
    }

    @Test func thoseWhoRegisteredGetExpiriesAndAcquires() throws {
        var bench = Bench()
        let clients = bench.connect(2)
        let register = SADBRequestWriting(process: 7).register(.esp, sequence: 1)
        try bench.send(register, from: clients[0])
        try bench.send(register, from: clients[0])
        let answers = try bench.take(clients[0])
        #expect(answers.map(\.header.error) == [.none, .exists])
        #expect(answers.first?.supported(.encryption)?.algorithms.isEmpty == false)
        try bench.send(.addPolicy(Self.policy(1)), from: clients[0])
        _ = try bench.take(clients[0])
        _ = try bench.take(clients[1])
        bench.tell(.expired(SADRecord(Self.entry(0x1001), state: .mature), isHard: true))
        bench.tell(
            .acquire(
                Acquire(
                    sequence: 77, packet: Self.policy(1).policy.selector, policy: Self.policy(1).policy,
                    local: Self.one, remote: Self.two)))
        let told = try bench.take(clients[0])
        #expect(told.map(\.header.type) == [.expire, .acquire])
        #expect(told.first?.association?.state == 3)
        #expect(told.first?.key(.encryption) == nil)
        #expect(told.last?.header.sequence == 77)
        #expect(told.last?.policy?.index == 9)
        #expect(try bench.take(clients[1]).isEmpty)
    }

    @Test func aPromiscuousClientSeesRequestsAndEveryAnswer() throws {
        var bench = Bench()
        let clients = bench.connect(2)
        try bench.send(SADBMessage(SADBHeader(.promiscuous, SADBSatype(1))), from: clients[1])
        _ = try bench.take(clients[0])
        _ = try bench.take(clients[1])
        try bench.send(.getSA(Self.entry(0x1001).key), from: clients[0])
        try bench.send(.addSA(Self.entry(0x1001)), from: clients[0])
        #expect(try bench.types(clients[1]) == [.get, .get, .add, .add, .add])
    }

    @Test func aPolicyIsFoundByItsNumber() throws {
        var bench = Bench()
        let clients = bench.connect(2)
        try bench.send(.addPolicy(Self.policy(1)), from: clients[0])
        let index = try #require(try bench.take(clients[0]).first?.policy?.index)
        _ = try bench.take(clients[1])
        func message(_ type: SADBMessageType, _ index: UInt32) -> SADBMessage {
            SADBMessage(SADBHeader(type), [.policy(SADBPolicy(type: 0, direction: 0, index: index))])
        }
        try bench.send(message(.policyGet, 0), from: clients[0])
        try bench.send(message(.policyGet, index), from: clients[0])
        try bench.send(message(.policyDeleteByIndex, index), from: clients[0])
        let answers = try bench.take(clients[0])
        #expect(answers.map(\.header.error) == [.noEntry, .none, .none])
        #expect(try bench.types(clients[1]) == [.policyDeleteByIndex])
    }

    @Test func levelUniqueWithoutANumberGetsOneOfItsOwn() throws {
        var bench = Bench()
        let client = bench.connect(1)[0]
        for (last, number) in [(1, 0), (2, 0), (3, 9), (4, 0x4000)] as [(UInt128, UInt32)] {
            try bench.send(.addPolicy(Self.policy(last, .unique(requestID: number))), from: client)
        }
        let numbers = try bench.take(client).map { try $0.policy?.requests.first?.requestID }
        #expect(numbers == [0x4000, 0x4001, 9, 0x4002])
    }

    @Test func whoDoesNotReadIsNamedAndTheOthersAreServed() throws {
        var bench = Bench()
        let clients = bench.connect(2)
        var answers = 0
        while bench.service.overflowing.isEmpty {
            try bench.send(.addSA(Self.entry(0x1001)), from: clients[0])
            try bench.send(.deleteSA(Self.entry(0x1001).key), from: clients[0])
            answers += try bench.take(clients[0]).count
            try #require(answers < 2000)
        }
        #expect(bench.service.overflowing == [clients[1]])
        #expect(answers > 100)
        bench.service.disconnect(clients[1])
        #expect(bench.service.overflowing.isEmpty)
        try bench.send(.flushSAD(nil), from: clients[0])
        #expect(try bench.types(clients[0]) == [.flush])
    }

    @Test func whoDoesNotReadLosesMessagesAsOnLinuxWhereThatIsChosen() throws {
        var bench = Bench(PFKeyLimits(maximumQueue: 4096, overflow: .lose))
        let clients = bench.connect(2)
        for _ in 0..<20 {
            try bench.send(.addSA(Self.entry(0x1001)), from: clients[0])
            try bench.send(.deleteSA(Self.entry(0x1001).key), from: clients[0])
            _ = try bench.take(clients[0])
        }
        #expect(bench.service.overflowing.isEmpty)
        #expect((1..<40).contains(try bench.take(clients[1]).count))
        try bench.send(.flushSAD(nil), from: clients[1])
        #expect(try bench.types(clients[1]) == [.flush])
    }

    @Test func aPromiscuousClientSeesNoKeysOfOthersInRequestsAndDumps() throws {
        var bench = Bench()
        let clients = bench.connect(2)
        try bench.send(SADBMessage(SADBHeader(.promiscuous, SADBSatype(1))), from: clients[1])
        try bench.send(.addSA(Self.entry(0x1001)), from: clients[0])
        try bench.send(SADBRequestWriting(process: 7).dump(.dump, nil, sequence: 9), from: clients[0])
        // Twice the change of mode, the request, its answer twice, the request of the dump, the dump.
        let seen = try bench.take(clients[1])
        #expect(seen.map(\.header.type) == [.promiscuous, .promiscuous, .add, .add, .add, .dump, .dump])
        #expect(seen.allSatisfy { $0.key(.encryption) == nil && $0.key(.authentication) == nil })
        #expect(try bench.take(clients[0]).last?.key(.encryption) != nil)
    }

    @Test func aMessageForOthersIsRelayedAsItCame() throws {
        var bench = Bench()
        let clients = bench.connect(2)
        let bytes = try SADBMessage(
            SADBHeader(.promiscuous, SADBSatype(9), sequence: 3), [.foreign(200, [1, 2, 3, 4])]
        ).encoded()
        try bench.service.receive(bytes, from: clients[0])
        for client in clients {
            let seen = bench.service.next(for: client)
            #expect(seen == bytes)
        }
        var wrong = bytes
        wrong[16] = 9
        try bench.service.receive(wrong, from: clients[0])
        #expect(try bench.take(clients[0]).map(\.header.error) == [.invalid])
        #expect(try bench.types(clients[1]).isEmpty)
    }

    @Test func aForeignProgramGetsNumbersAndNoSentences() throws {
        var bench = Bench()
        let client = bench.connect(1, .linux)[0]
        try bench.send(.deleteSA(Self.entry(0x1002).key), from: client)
        let answer = bench.service.next(for: client)
        #expect(answer?.count == 16)
        #expect(answer?[2] == 3)
    }

    @Test func aReservedFieldOrAStrayOctetIsRefusedAsLinuxRefusesIt() throws {
        var bench = Bench()
        let client = bench.connect(1)[0]
        var bytes = try SADBMessage(SADBHeader(.flush)).encoded()
        bytes[6] = 1
        let error = #expect(throws: SADBError.self) { try bench.service.receive(bytes, from: client) }
        #expect(error?.number == .invalid)
        try bench.service.receive(try SADBMessage(SADBHeader(.flush)).encoded() + [0, 0, 0, 0], from: client)
        #expect(try bench.take(client).map(\.header.error) == [.invalid])
    }

    @Test func aWrongHeaderIsThrownAndNothingIsAnswered() throws {
        var bench = Bench()
        let client = bench.connect(1)[0]
        #expect(throws: SADBError.self) { try bench.service.receive([2, 3, 0, 3, 9, 0], from: client) }
        #expect(!bench.service.hasOutput(client))
        // A good header with a bad body is answered.
        let bytes = try SADBMessage(SADBHeader(.add, .esp), [.foreign(1, [0, 0, 0, 0])]).encoded()
        try bench.service.receive(bytes, from: client)
        #expect(try bench.take(client).map(\.header.error) == [.invalid])
    }
}
