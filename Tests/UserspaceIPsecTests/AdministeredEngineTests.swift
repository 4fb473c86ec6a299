import Algorithms
import Glibc
import IPsec
import KeyMaterial
import Testing

@testable import UserspaceIPsec

/// What an administrator asks of the engine's databases, without the engine's threads.
@Suite struct AdministeredEngineTests {
    private static let ours = IPAddress(family: .ipv4, value: 0xc000_0201)
    private static let peer = IPAddress(family: .ipv4, value: 0xc000_0202)
    private let start = Instant(nanoseconds: 5_000_000_000)

    private static func key(_ count: Int) -> SecretKey {
        SecretKey(copying: Array(repeating: 3, count: count))
    }

    private static let sealing = SATransform.esp(
        KeyedCipher(.aesCBC, key: key(16)), KeyedIntegrity(.hmacSHA256, key: key(32)))

    private static func entry(
        _ spi: UInt32 = 0x1001, from source: IPAddress = ours, to destination: IPAddress = peer,
        mode: EncapsulationMode? = .transport, transform: SATransform = sealing
    ) -> SADEntry {
        SADEntry(
            id: SecurityAssociationID(destination: destination, protocol: .esp, spi: SPI(spi)),
            source: source,
            mode: mode, transform: transform)
    }

    private func perform(
        _ request: DatabaseRequest, on database: inout EngineDatabase
    ) throws -> DatabaseAnswer {
        try database.carryOut(request, ownAddresses: [Self.ours], now: start)
    }

    private func failure(_ entry: SADEntry) -> DatabaseFailure? {
        var database = EngineDatabase()
        return #expect(throws: DatabaseFailure.self) { try perform(.addSA(entry), on: &database) }
    }

    @Test func theEndThatIsOursSaysWhichWayAnSAGoes() throws {
        var database = EngineDatabase()
        _ = try perform(.addSA(Self.entry(0x1001)), on: &database)
        _ = try perform(.addSA(Self.entry(0x1002, from: Self.peer, to: Self.ours)), on: &database)
        #expect(database.outbound.map(\.association.id.spi.value) == [0x1001])
        #expect(database.inbound.map(\.association.id.spi.value) == [0x1002])
        let stranger = failure(Self.entry(from: Self.peer, to: IPAddress(family: .ipv4, value: 9)))
        #expect(stranger?.explanation.hasPrefix("Neither 192.0.2.2 nor 0.0.0.9 is an address of") == true)
    }

    @Test func anSAIsReadAsItWasAdded() throws {
        var database = EngineDatabase()
        var entry = Self.entry(mode: .tunnel)
        entry.requestID = 8
        entry.replay.window = 32
        entry.lifetime = Lifetime(softTime: .seconds(80), hardTime: .seconds(100))
        entry.encapsulation = SADEntry.Encapsulation(
            .udp, ports: UDPEncapsulation(sourcePort: 4500, destinationPort: 4600))
        _ = try perform(.addSA(entry), on: &database)
        guard case .association(let record) = try perform(.getSA(entry.key), on: &database),
            case .esp(let cipher, let integrity?) = record.entry.transform
        else {
            Issue.record("not the SA that was added")
            return
        }
        #expect(record.state == .mature)
        #expect(cipher.algorithm == .known(.aesCBC))
        #expect(integrity.icvBits == 128)
        #expect(record.entry.requestID == 8)
        #expect(record.entry.replay == entry.replay)
        #expect(record.entry.lifetime == entry.lifetime)
        #expect(record.entry.encapsulation == entry.encapsulation)
        #expect(record.entry.mode == .tunnel)
        #expect(record.usage.added > 0)
        #expect(record.usage.firstUsed == 0)
        #expect(database.due(now: start + .seconds(80)).map(\.record.state) == [.dying])
    }

    /// A process of its own, in which libcrypto finds no provider of old algorithms.
    @Test func anSAWithACipherThatLibcryptoLacksIsRefusedByName() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("OPENSSL_MODULES", "/nonexistent", 1)
            let tests = AdministeredEngineTests()
            let des = SATransform.esp(
                KeyedCipher(.desCBC, key: AdministeredEngineTests.key(8)),
                KeyedIntegrity(.hmacSHA256, key: AdministeredEngineTests.key(32)))
            let refused = tests.failure(AdministeredEngineTests.entry(transform: des))
            #expect(refused?.kind == .unsupported)
            #expect(
                refused?.explanation.hasSuffix(
                    ": the libcrypto of this host lacks des-cbc; choose another transform or key.") == true)
            var database = EngineDatabase()
            _ = try tests.perform(.addSA(AdministeredEngineTests.entry()), on: &database)
            #expect(database.outbound.count == 1)
        }
    }

    @Test func whatTheEngineCannotIsRefusedInWords() throws {
        func explanation(_ entry: SADEntry) -> String { failure(entry)?.explanation ?? "" }
        #expect(explanation(Self.entry(transform: .ipcomp(.known(.lzs)))).contains("no compression lzs"))
        #expect(explanation(Self.entry(mode: .iptfs)).contains("IPTFS mode"))
        let foreign = SATransform.esp(KeyedCipher(.foreign("cbc(x)"), key: Self.key(16)), nil)
        #expect(explanation(Self.entry(transform: foreign)) == "User-space IPsec has no cipher cbc(x).")
        let short = SATransform.esp(KeyedCipher(.aesGCM16, key: Self.key(16)), nil)
        #expect(
            explanation(Self.entry(transform: short))
                == "aes-gcm-16 takes 128, 192, 256 bits of key and 32 of salt; 128 were given.")
        var marked = Self.entry()
        marked.options.mark = Mark(value: 1)
        #expect(explanation(marked).contains("marks"))
        var mobile = Self.entry()
        mobile.options.flags = [.wildcardReceive]
        #expect(explanation(mobile).contains("wildrecv"))
    }

    /// AH, IPComp, BEET mode and extended sequence numbers are read as they were stated.
    @Test func everyProtocolAndModeIsTaken() throws {
        var database = EngineDatabase()
        func id(_ number: SecurityProtocol) -> SecurityAssociationID {
            SecurityAssociationID(destination: Self.peer, protocol: number, spi: SPI(0x1001))
        }
        var ah = SADEntry(
            id: id(.ah), source: Self.ours, mode: .tunnel,
            transform: .ah(KeyedIntegrity(.hmacSHA1, key: Self.key(20))))
        ah.replay.usesExtendedSequenceNumbers = true
        ah.replay.window = 64
        let ipcomp = SADEntry(
            id: id(.ipcomp), source: Self.ours, mode: .transport, transform: .ipcomp(.known(.deflate)))
        var beet = Self.entry(mode: .beet)
        beet.selector = Selector(
            source: try #require(IPPrefix("10.1.0.1/32")), destination: try #require(IPPrefix("10.2.0.1/32")))
        for entry in [ah, ipcomp, beet] {
            _ = try perform(.addSA(entry), on: &database)
            guard case .association(let record) = try perform(.getSA(entry.key), on: &database) else {
                Issue.record("not the SA that was added")
                return
            }
            #expect(record.entry.id == entry.id && record.entry.mode == entry.mode)
            #expect(record.entry.selector == entry.selector)
            #expect(
                record.entry.replay.usesExtendedSequenceNumbers == entry.replay.usesExtendedSequenceNumbers)
        }
        #expect(
            database.records(.ah, now: start).count == 1 && database.records(.ipcomp, now: start).count == 1)
        _ = try perform(.flushSAD(.ah), on: &database)
        #expect(database.records(nil, now: start).map(\.entry.id.protocol) == [.ipcomp, .esp])
    }

    @Test func aLarvalSABecomesMatureOrGoes() throws {
        var database = EngineDatabase()
        let wanted = Self.entry(0, from: Self.peer, to: Self.ours, transform: .none)
        guard case .association(let larval) = try perform(.allocateSPI(wanted, 0x500...0x500), on: &database)
        else {
            Issue.record("no SPI")
            return
        }
        #expect(larval.state == .larval)
        #expect(larval.entry.id.spi == SPI(0x500))
        let full = #expect(throws: DatabaseFailure.self) {
            try perform(.allocateSPI(wanted, 0x500...0x500), on: &database)
        }
        #expect(full?.explanation == "No SPI from 1280 to 1280 is free.")
        _ = try perform(
            .updateSA(Self.entry(0x500, from: Self.peer, to: Self.ours)), on: &database)
        #expect(database.records(nil, now: start).map(\.state) == [.mature])
        _ = try perform(.allocateSPI(wanted, 0x501...0x501), on: &database)
        #expect(database.nextDeadline == start + .seconds(30))
        let due = database.due(now: start + .seconds(30))
        #expect(due.map(\.record.state) == [.larval])
        #expect(due.compactMap(\.notification).isEmpty)
        #expect(database.records(nil, now: start).count == 1)
    }

    @Test func flushesSpareOtherProtocols() throws {
        var database = EngineDatabase()
        _ = try perform(.addSA(Self.entry()), on: &database)
        _ = try perform(.flushSAD(.ah), on: &database)
        #expect(database.records(.ah, now: start).isEmpty)
        #expect(database.records(.esp, now: start).count == 1)
        _ = try perform(.flushSAD(nil), on: &database)
        #expect(database.records(nil, now: start).isEmpty)
    }

    @Test func policiesHaveNumbersThatTellTheirDirection() throws {
        var database = EngineDatabase()
        let policies = try PolicyDirection.allCases.map { SPDEntry(try Samples.policy($0)) }
        for policy in policies { _ = try perform(.addPolicy(policy), on: &database) }
        let records = database.policyRecords(now: start)
        #expect(records.map(\.entry) == policies)
        #expect(records.map { $0.index & 7 } == [0, 1, 2])
        #expect(Set(records.map(\.index)).count == 3)
        let twice = #expect(throws: DatabaseFailure.self) {
            try perform(.addPolicy(policies[0]), on: &database)
        }
        #expect(twice?.kind == .alreadyExists)
        _ = try perform(.updatePolicy(policies[0]), on: &database)
        #expect(database.policyRecords(now: start).map(\.index) == records.map(\.index))
        _ = try perform(.deletePolicy(policies[1].key), on: &database)
        _ = try perform(.flushSPD, on: &database)
        #expect(database.policyRecords(now: start).isEmpty)
        var expiring = policies[0]
        expiring.lifetime.hardTime = .seconds(9)
        #expect(throws: DatabaseFailure.self) { try perform(.addPolicy(expiring), on: &database) }
    }
}
