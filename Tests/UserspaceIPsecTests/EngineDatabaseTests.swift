import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

@Suite struct EngineDatabaseTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    /// 10.1.0.1 to 10.2.0.1, and the other way.
    private func flow() throws -> PacketFlow { try PolicyTableTests.flow(0x0a01_0001, 0x0a02_0001) }
    private func answer() throws -> PacketFlow { try PolicyTableTests.flow(0x0a02_0001, 0x0a01_0001) }

    private func inbound(
        mode: EncapsulationMode = .tunnel, requestID: UInt32 = 7, from source: String = "192.0.2.2"
    ) throws -> SecurityAssociation {
        try Samples.association(
            .inbound, from: source, to: "192.0.2.1", mode: mode, requestID: requestID)
    }

    @Test func theNewestAssociationCarries() throws {
        var database = EngineDatabase()
        try database.set(Samples.policy(.outbound))
        func carrier() throws -> SPI? {
            let snapshot = database.snapshot
            return try snapshot.outbound.rule(for: flow())?.bundle(for: flow(), among: snapshot.carriers)?
                .first.association.id.spi
        }
        #expect(try carrier() == nil)
        try database.add(Samples.association(.outbound, spi: 0x1001), now: start)
        try database.add(Samples.association(.outbound, spi: 0x1002), now: start)
        try database.add(Samples.association(.outbound, spi: 0x1003, requestID: 8), now: start)
        #expect(try carrier() == SPI(0x1002), "0x1003 is another policy's")
        try database.remove(Samples.association(.outbound, spi: 0x1002).id)
        #expect(try carrier() == SPI(0x1001))
    }

    @Test func transportModeCarriesItsTwoHostsAlone() throws {
        var database = EngineDatabase()
        try database.set(Samples.policy(.outbound, mode: .transport, tunnel: nil, level: .require))
        try database.add(
            Samples.association(.outbound, from: "10.1.0.1", to: "10.2.0.1", mode: .transport), now: start)
        let rule = try #require(try database.snapshot.outbound.rule(for: flow()))
        let stranger = try PolicyTableTests.flow(0x0a01_0001, 0x0a02_0002)
        let carriers = database.snapshot.carriers
        #expect(try rule.bundle(for: flow(), among: carriers) != nil)
        #expect(rule.bundle(for: stranger, among: carriers) == nil)
    }

    @Test func duplicatesAndStrangersAreRefused() throws {
        var database = EngineDatabase()
        let association = try Samples.association(.inbound)
        try database.add(association, now: start)
        let twice = #expect(throws: DatabaseFailure.self) { try database.add(association, now: start) }
        #expect(twice?.kind == .alreadyExists)
        let missing = #expect(throws: DatabaseFailure.self) {
            try database.remove(Samples.association(.inbound, spi: 0x9999).id)
        }
        #expect(missing?.kind == .notFound)
        #expect(try database.usage(of: association.id) == SecurityAssociationUsage())
    }

    @Test func limitsAreToldOnceAndTheDeadAreGone() throws {
        var database = EngineDatabase()
        let lifetime = Lifetime(softTime: .seconds(80), hardTime: .seconds(100))
        let association = try Samples.association(.outbound, lifetime: lifetime)
        try database.add(association, now: start)
        #expect(database.nextDeadline == start + .seconds(80))
        #expect(database.due(now: start + .seconds(79)).isEmpty)
        #expect(
            database.due(now: start + .seconds(80)).compactMap(\.notification) == [.expiring(association.id)])
        #expect(database.due(now: start + .seconds(81)).isEmpty)
        #expect(database.nextDeadline == start + .seconds(100))
        #expect(
            database.due(now: start + .seconds(100)).compactMap(\.notification) == [.expired(association.id)])
        #expect(!database.contains(association.id))
        #expect(database.nextDeadline == nil)
    }

    @Test func aSettledPolicyIsReplaced() throws {
        var database = EngineDatabase()
        var policy = try Samples.policy(.outbound)
        try database.set(policy)
        policy.action = .discard
        try database.set(policy)
        #expect(database.policies == [policy])
        try database.remove(policy.id)
        #expect(database.policies.isEmpty)
    }

    @Test func whatCannotBeDoneIsRefused() throws {
        var database = EngineDatabase()
        var policy = try Samples.policy(.outbound)
        let esp = try #require(policy.templates.first)
        for templates in [
            [], Array(repeating: esp, count: 7), [PolicyTemplate(protocol: .esp, mode: .iptfs)],
        ] {
            policy.action = .protect(templates)
            let failure = #expect(throws: DatabaseFailure.self) { try database.set(policy) }
            #expect(failure?.kind == .unsupported)
        }
    }

    @Test func aPacketMustComeThroughTheAssociationItsPolicyAsksFor() throws {
        var database = EngineDatabase()
        let policy = try Samples.policy(
            .inbound, from: "10.2.0.0/24", to: "10.1.0.0/24", tunnel: ("192.0.2.2", "192.0.2.1"))
        try database.set(policy)
        let snapshot = database.snapshot
        try #expect(snapshot.device(for: answer(), cameThrough: inbound()) == 0)
        for wrong in [
            try inbound(mode: .transport), try inbound(requestID: 8), try inbound(from: "192.0.2.66"),
        ] {
            #expect(throws: PacketDrop.plane(.policyMismatch)) {
                try snapshot.device(for: answer(), cameThrough: wrong)
            }
        }
        #expect(throws: PacketDrop.plane(.noInboundPolicy)) {
            try snapshot.device(for: flow(), cameThrough: inbound())
        }
    }

    @Test func aForwardPolicyServesAsWell() throws {
        var database = EngineDatabase()
        try database.set(
            Samples.policy(
                .forward, from: "10.2.0.0/24", to: "10.1.0.0/24", tunnel: ("192.0.2.2", "192.0.2.1")))
        try #expect(database.snapshot.device(for: answer(), cameThrough: inbound()) == 0)
    }

    @Test func portsFollowTheMapping() throws {
        var database = EngineDatabase()
        let association = try Samples.association(
            .outbound, encapsulation: UDPEncapsulation(sourcePort: 4500, destinationPort: 4500))
        try database.add(association, now: start)
        let moved = UDPEncapsulation(sourcePort: 4500, destinationPort: 61_002)
        try database.updateEncapsulation(of: association.id, to: moved)
        #expect(database.outbound.first?.encapsulation == moved)
    }
}
