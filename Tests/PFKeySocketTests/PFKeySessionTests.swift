import Algorithms
import Foundation
import IPsec
import KeyMaterial
import LinuxIO
import PFKey
import TestSupport
import Testing

@testable import PFKeySocket

/// Programs against a server on a socket of its own.
@Suite struct PFKeySessionTests {
    private final class Bench {
        let path = FileManager.default.temporaryDirectory.appending(path: "pfkey-\(UUID()).sock").path
        let inbox: PFKeyEventInbox
        let server: PFKeyServer

        init() throws {
            inbox = try PFKeyEventInbox()
            server = try PFKeyServer(path: path, inbox: inbox) { events in
                AdministeredPlane(
                    MemoryDatabase(), dialect: .linux,
                    algorithms: SADBAlgorithms(Catalogue.encryption, Catalogue.integrity), events: events)
            }
        }

        deinit { server.shutDown() }
    }

    private static let one = IPAddress(family: .ipv6, value: 1)
    private static let two = IPAddress(family: .ipv6, value: 2)

    private static func entry(_ spi: UInt32) -> SADEntry {
        func key(_ count: Int) -> SecretKey { SecretKey(copying: Array(repeating: 3, count: count)) }
        var entry = SADEntry(
            id: SecurityAssociationID(destination: two, protocol: .esp, spi: SPI(spi)), source: one,
            mode: .tunnel,
            transform: .esp(KeyedCipher(.aesGCM16, key: key(20)), nil))
        entry.requestID = 12
        entry.lifetime = Lifetime(softTime: .seconds(80), hardTime: .seconds(100), hardBytes: 1_000_000)
        return entry
    }

    private static func policy(_ direction: PolicyDirection) throws -> SPDEntry {
        let template = PolicyTemplate(
            protocol: .esp, mode: .tunnel, tunnelSource: one, tunnelDestination: two,
            level: .unique(requestID: 12))
        return SPDEntry(
            SecurityPolicy(
                selector: Selector(
                    source: .any(.ipv6), destination: try #require(IPPrefix("fd00::/8")), upperProtocol: 6,
                    destinationPort: 80),
                direction: direction, action: .protect([template]), priority: 42))
    }

    private func perform(
        _ request: DatabaseRequest, on database: PFKeyDatabase
    ) throws -> DatabaseAnswer {
        var answer: Result<DatabaseAnswer, DatabaseFailure>?
        database.submit(request) { answer = $0 }
        try database.finish()
        return try #require(answer).get()
    }

    @Test func anSAIsAddedReadDumpedAndDeleted() throws {
        let bench = try Bench()
        let database = try PFKeyDatabase(path: bench.path)
        for spi in [0x1001, 0x1002] as [UInt32] { _ = try perform(.addSA(Self.entry(spi)), on: database) }
        guard case .association(let record) = try perform(.getSA(Self.entry(0x1001).key), on: database),
            case .esp(let cipher, nil) = record.entry.transform
        else {
            Issue.record("not the SA that was added")
            return
        }
        #expect(cipher.algorithm == .known(.aesGCM16))
        #expect(cipher.key.count == 20)
        #expect(record.entry.lifetime == Self.entry(0x1001).lifetime)
        #expect(record.entry.requestID == 12)
        #expect(record.entry.mode == .tunnel)
        var spis: [UInt32] = []
        try database.dumpSAD(nil) { spis.append($0.entry.id.spi.value) }
        #expect(spis == [0x1001, 0x1002])
        _ = try perform(.deleteSA(Self.entry(0x1001).key), on: database)
        let failure = #expect(throws: DatabaseFailure.self) {
            try perform(.deleteSA(Self.entry(0x1001).key), on: database)
        }
        #expect(failure == DatabaseFailure(.notFound, "There is no such SA."))
        _ = try perform(.flushSAD(nil), on: database)
        spis = []
        try database.dumpSAD(nil) { spis.append($0.entry.id.spi.value) }
        #expect(spis.isEmpty)
    }

    @Test func policiesAreAddedChangedReadAndFlushed() throws {
        let bench = try Bench()
        let database = try PFKeyDatabase(path: bench.path)
        for direction in PolicyDirection.allCases {
            _ = try perform(.addPolicy(try Self.policy(direction)), on: database)
        }
        var entries: [SPDEntry] = []
        try database.dumpSPD { entries.append($0.entry) }
        #expect(entries == (try PolicyDirection.allCases.map(Self.policy)))
        var changed = try Self.policy(.inbound)
        changed.policy.action = .discard
        _ = try perform(.updatePolicy(changed), on: database)
        guard case .policy(let record) = try perform(.getPolicy(changed.key), on: database) else {
            Issue.record("not a policy")
            return
        }
        #expect(record.entry == changed)
        _ = try perform(.deletePolicy(changed.key), on: database)
        #expect(throws: DatabaseFailure.self) { try perform(.getPolicy(changed.key), on: database) }
        _ = try perform(.flushSPD, on: database)
        entries = []
        try database.dumpSPD { entries.append($0.entry) }
        #expect(entries.isEmpty)
    }

    @Test func whatPFKeyCannotSayIsRefusedBeforeItIsSent() throws {
        let bench = try Bench()
        let database = try PFKeyDatabase(path: bench.path)
        var entry = Self.entry(0x1001)
        entry.options.mark = Mark(value: 1)
        let failure = #expect(throws: DatabaseFailure.self) { try perform(.addSA(entry), on: database) }
        #expect(failure?.explanation == "PF_KEY has no words for a mark.")
    }

    @Test func aListenerIsToldOfWhatOthersDoAndOfTheDatabasesOwnEvents() throws {
        let bench = try Bench()
        let listener = try PFKeyDatabase(path: bench.path)
        let editor = try PFKeyDatabase(path: bench.path)
        // What happens before the listener listens is told too: it is connected, and that is enough.
        _ = try perform(.addSA(Self.entry(0x2001)), on: editor)
        _ = try perform(.addPolicy(try Self.policy(.outbound)), on: editor)
        bench.inbox.put(.flushedSPD)
        var events: [String] = []
        try listener.watch { event in
            switch event {
            case .added(let record): events.append("added \(record.entry.id.spi.value)")
            case .expired(let record, let isHard):
                events.append("expired \(record.entry.id.spi.value) \(isHard)")
            case .flushedSPD: bench.inbox.put(.expired(SADRecord(Self.entry(3), state: .dying), isHard: true))
            default: events.append("something else")
            }
            return events.count < 3
        }
        #expect(events == ["added 8193", "something else", "expired 3 true"])
    }

    @Test func clientsThatFloodHangOrSendHalvesLeaveOthersServed() throws {
        let bench = try Bench()
        let half = try PacketSocket(connectingTo: bench.path)
        #expect(try half.send([2, 3, 0, 3, 99, 0]) == .sent)
        // Asks on and on, and never reads.
        let flooding = try PacketSocket(connectingTo: bench.path)
        let request = try SADBMessage(SADBHeader(.register, .unspecified)).encoded()
        var sent = 0
        while try flooding.send(request) == .sent { sent += 1 }
        let database = try PFKeyDatabase(path: bench.path)
        _ = try perform(.addSA(Self.entry(0x1001)), on: database)
        var count = 0
        try database.dumpSAD(.esp) { _ in count += 1 }
        #expect(count == 1)
        #expect(sent > 10)
        var poller = Poller()
        _ = poller.watch(half.number)
        #expect(try poller.wait(.seconds(10)))
        #expect(try half.receive(maximum: 100) == .end)
    }

    @Test func theSocketIsItsOwnersAloneAndGoesWithTheServer() throws {
        let bench = try Bench()
        let attributes = try FileManager.default.attributesOfItem(atPath: bench.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let other = try PFKeyEventInbox()
        let error = #expect(throws: SystemError.self) {
            _ = try PFKeyServer(path: bench.path, inbox: other) { events in
                AdministeredPlane(
                    MemoryDatabase(), dialect: .own,
                    algorithms: SADBAlgorithms(authentication: [], encryption: []), events: events)
            }
        }
        #expect(error?.advice == "another daemon answers there")
        bench.server.shutDown()
        #expect(!FileManager.default.fileExists(atPath: bench.path))
    }
}
