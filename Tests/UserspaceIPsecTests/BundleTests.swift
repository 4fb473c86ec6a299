import Algorithms
import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

/// Policies that ask for one SA after the other.
@Suite struct BundleTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    private func flow() throws -> PacketFlow { try PolicyTableTests.flow(0x0a01_0001, 0x0a02_0001) }

    /// AH in transport mode over an ESP tunnel.
    private func policy(
        _ direction: PolicyDirection, level: PolicyTemplate.Level = .unique(requestID: 7)
    ) throws -> SecurityPolicy {
        var policy = try Samples.policy(direction)
        policy.action = .protect(
            policy.templates + [PolicyTemplate(protocol: .ah, mode: .transport, level: level)])
        return policy
    }

    private func rule(_ database: EngineDatabase) throws -> PolicyRule {
        try #require(try database.snapshot.outbound.rule(for: flow()))
    }

    @Test func theInnermostIsTheFirst() throws {
        var database = EngineDatabase()
        try database.set(policy(.outbound))
        try database.add(Samples.authentication(.outbound), now: start)
        #expect(
            try rule(database).bundle(for: flow(), among: database.snapshot.carriers) == nil,
            "the tunnel is missing")
        try database.add(Samples.association(.outbound), now: start)
        let bundle = try #require(try rule(database).bundle(for: flow(), among: database.snapshot.carriers))
        #expect(bundle.first.association.id.protocol == .esp)
        #expect(bundle.others.map(\.association.id.protocol) == [.ah])
        #expect(bundle.outermost === bundle.others.last)
        #expect(database.bundles.map(\.count) == [2, 1, 1])
    }

    /// In transport mode it must go where the tunnel before it goes.
    @Test func transportModeFollowsTheTunnelInIt() throws {
        var database = EngineDatabase()
        try database.set(policy(.outbound))
        try database.add(Samples.association(.outbound), now: start)
        try database.add(Samples.authentication(.outbound, from: "10.1.0.1", to: "10.2.0.1"), now: start)
        #expect(try rule(database).bundle(for: flow(), among: database.snapshot.carriers) == nil)
        guard
            case .missing(let template) = try rule(database).carrier(
                for: flow(), among: database.snapshot.carriers)
        else {
            Issue.record("nothing is missing")
            return
        }
        #expect(template.protocol == .ah)
    }

    @Test func whatIsOptionalMayBeMissing() throws {
        var database = EngineDatabase()
        try database.set(policy(.outbound, level: .use))
        try database.add(Samples.association(.outbound), now: start)
        #expect(
            try rule(database).bundle(for: flow(), among: database.snapshot.carriers)?.others.isEmpty == true)
        var none = EngineDatabase()
        var optional = try Samples.policy(.outbound, level: .use)
        optional.action = .protect(optional.templates)
        try none.set(optional)
        guard case .missing(let template) = try rule(none).carrier(for: flow(), among: none.snapshot.carriers)
        else {
            Issue.record("nothing is asked for")
            return
        }
        #expect(template.level == .use)
    }

    @Test func packetsMustComeThroughAllOfThem() throws {
        var database = EngineDatabase()
        var policy = try policy(.inbound)
        policy.selector = policy.selector.reversed
        var tunnel = try #require(policy.templates.first)
        (tunnel.tunnelSource, tunnel.tunnelDestination) = (tunnel.tunnelDestination, tunnel.tunnelSource)
        policy.action = .protect([tunnel, policy.templates[1]])
        try database.set(policy)
        let esp = try Samples.association(.inbound, from: "192.0.2.2", to: "192.0.2.1")
        let ah = try Samples.authentication(.inbound, from: "192.0.2.2", to: "192.0.2.1")
        let answer = try PolicyTableTests.flow(0x0a02_0001, 0x0a01_0001)
        let snapshot = database.snapshot
        #expect(try snapshot.device(for: answer, count: 2) { [ah, esp][$0] } == 0)
        for used in [[esp], [ah], [esp, ah], [ah, esp, esp], []] {
            #expect(throws: PacketDrop.plane(.policyMismatch)) {
                try snapshot.device(for: answer, count: used.count) { used[$0] }
            }
        }
    }

    @Test func uncompressedPacketsAreTheTunnelsBetweenTheirEnds() throws {
        var database = EngineDatabase()
        for source in ["192.0.2.2", "192.0.2.3"] {
            var association = try Samples.association(.inbound, from: source, to: "192.0.2.1")
            let id = SecurityAssociationID(
                destination: association.id.destination, protocol: .ipcomp,
                spi: SPI(source == "192.0.2.2" ? 0x102 : 0x103))
            association.id = id
            association.compression = .deflate
            try database.add(association, now: start)
        }
        let snapshot = database.snapshot
        let inner: [UInt8] = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 2, 0, 1, 10, 1, 0, 1]
        let outer: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 4, 0, 0, 192, 0, 2, 3, 192, 0, 2, 1]
        let packet = outer + inner
        let layer = try #require(try InboundChain.Layer(inIPPacket: 0..<packet.count, of: packet.span))
        #expect(snapshot.association(for: layer)?.association.id.spi == SPI(0x103))
        #expect(snapshot.protocols == [.ipcomp] && snapshot.hasCompressedTunnels)
    }
}
