import Algorithms
import IPsec
import KeyMaterial
import TestSupport
import Testing

@testable import PFKey

/// A service over a database in memory, and what its clients have got.
private struct Bench {
    var service = PFKeyService(
        MemoryDatabase(), dialect: .own,
        algorithms: SADBAlgorithms(Catalogue.encryption, Catalogue.integrity),
        maximumQueue: 65_536)

    mutating func connect(_ count: Int) -> [PFKeyClientID] {
        (0..<count).map { _ in service.connect() }
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

    @Test func aNewSAIsToldToAllWithItsKeys() throws {
        var bench = Bench()
        let clients = bench.connect(2)
        try bench.send(.addSA(Self.entry(0x1001)), from: clients[0])
        let answers = try bench.take(clients[0])
        #expect(answers.map(\.header.type) == [.add])
        #expect(answers.first?.header.process == 7)
        let key = answers.first?.key(.encryption)?.key
        #expect(
            key.map { SecretKey.constantTimeEqual($0, SecretKey(copying: Array(repeating: 3, count: 16))) }
                == true)
        #expect(try bench.types(clients[1]) == [.add])
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
        try bench.send(requests.dump(.policyDump, nil, sequence: 9), from: client)
        let answers = try bench.take(client)
        // The refusal of the second dump comes first: dumps wait until there is room.
        #expect(answers.map(\.header.error) == [.busy, .none, .none, .none])
        #expect(answers.map(\.header.sequence) == [9, 1, 2, 0])
        try bench.send(requests.dump(.dump, .ah, sequence: 9), from: client)
        #expect(try bench.take(client).map(\.header.error) == [.noEntry])
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
        bench.service.tell(.expired(SADRecord(Self.entry(0x1001), state: .mature), isHard: true))
        bench.service.tell(
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
        let numbers = try bench.take(client).map { $0.policy?.requests.first?.requestID }
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
