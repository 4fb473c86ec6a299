import Algorithms
import Glibc
import IPsec
import KeyMaterial
import Testing

@testable import XFRM

/// An administrator's way to the kernel's databases, in a network namespace of the test's own.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root and a kernel with XFRM"), .serialized)
struct XFRMDatabaseTests {
    @Test func everyPolicyReadsBack() throws {
        let entries = EntrySamples.policies
        let (answers, back) = try OwnNetwork.run {
            let database = try XFRMDatabase()
            let answers = try Self.carryOut(entries.map { .addPolicy($0) }, by: database)
            return (answers, try Self.policies(of: database))
        }
        #expect(answers == Array(repeating: "done", count: entries.count))
        #expect(Set(back.map(\.entry)) == Set(entries))
    }

    @Test func answersComeInOrderAndNameWhatWasRefused() throws {
        let entry = EntrySamples.policies[0]
        let wrong = SPDEntry(
            SecurityPolicy(selector: entry.policy.selector, direction: .outbound, action: .protect([])))
        let requests: [DatabaseRequest] = [
            .addPolicy(entry), .addPolicy(entry), .updatePolicy(entry), .getPolicy(entry.key),
            .addPolicy(wrong), .deletePolicy(entry.key), .deletePolicy(entry.key), .flushSPD,
        ]
        let answers = try OwnNetwork.run {
            try Self.carryOut(requests, by: try XFRMDatabase())
        }
        #expect(
            answers == [
                "done", "alreadyExists", "done", "policy", "other", "done", "notFound", "done",
            ])
    }

    @Test func manyRequestsAreAnsweredOneByOne() throws {
        let entries = (0..<1000).map { number in
            var entry = EntrySamples.policies[0]
            entry.policy.selector.destination = IPPrefix(
                host: IPAddress(family: .ipv4, value: 0x0a02_0000 + UInt128(number / 2)))
            return entry
        }
        let (answers, count) = try OwnNetwork.run {
            let database = try XFRMDatabase()
            let answers = try Self.carryOut(entries.map { .addPolicy($0) }, by: database)
            return (answers, try Self.policies(of: database).count)
        }
        #expect(answers == (0..<1000).map { $0.isMultiple(of: 2) ? "done" : "alreadyExists" })
        #expect(count == 500)
    }

    @Test func anAnswerMayAskForMore() throws {
        let entry = EntrySamples.policies[0]
        let left = try OwnNetwork.run {
            let database = try XFRMDatabase()
            database.submit(.addPolicy(entry)) { _ in database.submit(.deletePolicy(entry.key)) { _ in } }
            try database.finish()
            return try Self.policies(of: database).count
        }
        #expect(left == 0)
    }

    @Test func requestsMayBeMadeDuringADump() throws {
        let entries = EntrySamples.policies
        let left = try OwnNetwork.run {
            let database = try XFRMDatabase()
            _ = try Self.carryOut(entries.map { .addPolicy($0) }, by: database)
            try database.dumpSPD { record in database.submit(.deletePolicy(record.entry.key)) { _ in } }
            return try Self.policies(of: database).count
        }
        #expect(left == 0)
    }

    @Test func aLarvalAssociationIsMadeReadAndFlushed() throws {
        let entry = EntrySamples.associations[0]
        let (record, listed, left) = try OwnNetwork.run {
            let database = try XFRMDatabase()
            var record: SADRecord?
            database.submit(.allocateSPI(entry, 0x1000...0x1fff)) { result in
                if case .success(.association(let found)) = result { record = found }
            }
            let listed = try Self.associations(of: database)
            _ = try Self.carryOut([.flushSAD(.esp)], by: database)
            return (record, listed, try Self.associations(of: database).count)
        }
        #expect(record?.state == .larval)
        #expect(record.map { (0x1000...0x1fff).contains($0.entry.id.spi.value) } == true)
        #expect(record?.entry.requestID == entry.requestID)
        #expect(listed.map(\.entry.id) == [record?.entry.id])
        #expect(left == 0)
    }

    @Test func eventsAreHeard() throws {
        let entry = EntrySamples.policies[0]
        let heard = try OwnNetwork.run {
            let stream = try KernelEventStream()
            let database = try XFRMDatabase()
            _ = try Self.carryOut(
                [
                    .addPolicy(entry), .updatePolicy(entry), .deletePolicy(entry.key), .addPolicy(entry),
                    .flushSPD, .allocateSPI(EntrySamples.associations[0], 0x1000...0x1000), .flushSAD(nil),
                ], by: database)
            var heard: [String] = []
            try stream.read { event in
                heard.append(EntrySamples.word(event))
                return heard.count < 6
            }
            return heard
        }
        #expect(
            heard == [
                "addedPolicy", "updatedPolicy", "deletedPolicy", "addedPolicy", "flushedSPD", "flushedSAD",
            ])
    }

    /// The outcome of every request, as a word.
    private static func carryOut(
        _ requests: [DatabaseRequest], by database: XFRMDatabase
    ) throws -> [String] {
        var answers: [String] = []
        for request in requests {
            database.submit(request) { result in
                switch result {
                case .success(.done): answers.append("done")
                case .success(.association): answers.append("association")
                case .success(.policy): answers.append("policy")
                case .failure(let failure): answers.append("\(failure.kind)")
                }
            }
        }
        try database.finish()
        return answers
    }

    private static func policies(of database: XFRMDatabase) throws -> [SPDRecord] {
        var records: [SPDRecord] = []
        try database.dumpSPD { records.append($0) }
        return records
    }

    private static func associations(of database: XFRMDatabase) throws -> [SADRecord] {
        var records: [SADRecord] = []
        try database.dumpSAD(nil) { records.append($0) }
        return records
    }
}
