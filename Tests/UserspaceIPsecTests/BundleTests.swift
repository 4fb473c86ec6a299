import Algorithms
import ESP
import IPsec
import KeyMaterial
import LinuxIO
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

    // MARK: ESP in UDP

    private let ports = UDPEncapsulation(sourcePort: 4500, destinationPort: 4500)

    /// No socket would receive it.
    @Test(arguments: [UInt32(7), 0]) func espInUDPIsTheOutermost(_ requestID: UInt32) throws {
        let inner = try Samples.association(.outbound, encapsulation: ports)
        let wrapping = try policy(.outbound, level: .unique(requestID: requestID))
        var database = EngineDatabase()
        try database.set(wrapping)
        let refusal = #expect(throws: DatabaseFailure.self) { try database.add(inner, now: start) }
        #expect(refusal?.kind == .unsupported && refusal?.explanation.contains("ESP in UDP") == true)
        try database.remove(wrapping.id)
        try database.add(inner, now: start)
        #expect(throws: DatabaseFailure.self) { try database.set(wrapping) }
        #expect(database.policies.isEmpty)
        try database.remove(inner.id)
        try database.set(wrapping)
    }

    @Test func espInUDPIsTheOutermostInbound() throws {
        var database = EngineDatabase()
        try database.set(policy(.inbound))
        try database.add(Samples.association(.outbound, encapsulation: ports), now: start)
        #expect(throws: DatabaseFailure.self) {
            try database.add(Samples.association(.inbound, spi: 0x1002, encapsulation: ports), now: start)
        }
    }

    @Test func espInUDPThatNobodyWrapsIsTaken() throws {
        var database = EngineDatabase()
        var reversed = try policy(.outbound)
        reversed.action = .protect(reversed.templates.reversed())
        try database.set(reversed)
        try database.add(Samples.association(.outbound, encapsulation: ports), now: start)
        // In transport mode, between hosts that the policy does not select, or that its tunnel is not between.
        var hosts = try policy(.outbound, level: .require)
        let transport = PolicyTemplate(protocol: .esp, mode: .transport)
        let ah = PolicyTemplate(protocol: .ah, mode: .transport)
        let tunnel = PolicyTemplate(
            protocol: .ipcomp, mode: .tunnel, tunnelSource: IPAddress("192.0.2.1"),
            tunnelDestination: IPAddress("192.0.2.2"))
        func add(_ spi: UInt32, from source: String, to destination: String) throws {
            try database.add(
                Samples.association(
                    .outbound, spi: spi, from: source, to: destination, mode: .transport, encapsulation: ports
                ),
                now: start)
        }
        hosts.action = .protect([transport, ah])
        try database.set(hosts)
        try add(1, from: "10.9.0.1", to: "10.2.0.1")
        #expect(throws: DatabaseFailure.self) { try add(2, from: "10.1.0.1", to: "10.2.0.1") }
        hosts.action = .protect([tunnel, transport, ah])
        try database.set(hosts)
        try add(3, from: "10.1.0.1", to: "10.2.0.1")
        #expect(throws: DatabaseFailure.self) { try add(4, from: "192.0.2.1", to: "192.0.2.2") }
    }

    // MARK: workers

    private let packet: [UInt8] = [
        0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x66, 0xcd, 10, 1, 0, 1, 10, 2, 0, 1, 0, 1, 0, 2, 0, 8, 0, 0,
    ]

    private struct Workers: ~Copyable {
        var first: ParcelPost
        var second: ParcelPost
        var parcel = Parcel(buffer: PacketPlace.buffer())

        init() throws {
            let rings = WorkerRings([try WakeUp(), try WakeUp()])
            first = ParcelPost(rings, number: 0, of: 2)
            second = ParcelPost(rings, number: 1, of: 2)
        }
    }

    /// The SAs of a bundle may belong to two workers: each seals and opens with its own, and hands the rest on.
    @Test func aBundleOfTwoWorkersSealsAndOpens() throws {
        let outer = try Samples.authentication(.outbound)
        let inner = try OutboundAssociation(Samples.association(.outbound), now: start, owner: 0)
        let ah = try OutboundAssociation(outer, now: start, owner: 1)
        var workers = try Workers()

        let buffer = PacketPlace.buffer()
        let room = 2 * OutboundEngine.headroom
        buffer.write(packet, at: room)
        let esp = try buffer.withMutableBytes {
            try inner.seal(&$0, room..<room + packet.count, by: 0).packet
        }
        try workers.first.sendCopy(
            of: esp, in: buffer,
            .sealed(count: esp.count, Bundle(first: inner, others: [ah]), next: 1), to: 1)
        #expect(!workers.first.take(&workers.parcel, from: 1))
        #expect(workers.second.take(&workers.parcel, from: 0))
        guard case .sealed(let count, let bundle, let next) = workers.parcel.contents else {
            Issue.record("another parcel")
            return
        }
        #expect(count == esp.count && bundle[next] === ah && bundle.outermost === ah)
        let place = 200..<200 + count
        buffer.copy(PacketPlace.packet..<PacketPlace.packet + count, of: workers.parcel.buffer, to: 200)
        let sealed = try buffer.withMutableBytes { try bundle[next].seal(&$0, place, by: 1).packet }
        #expect(inner.usage.packets == 1 && ah.usage.packets == 1)

        // The other way round: the outer SA belongs to the second worker there, too.
        let opener = try InboundAssociation(Samples.authentication(.inbound), now: start, owner: 1)
        let tunnel = try InboundAssociation(Samples.association(.inbound), now: start, owner: 0)
        let layer = try buffer.withBytes { try InboundChain.Layer(inIPPacket: sealed, of: $0) }
        let outermost = try #require(layer)
        let opened = try buffer.withMutableBytes { try opener.open(&$0, outermost, by: 1).packet }
        try workers.second.sendCopy(
            of: opened, in: buffer, .opened(count: opened.count, used: AssociationTrail(opener)), to: 0)
        #expect(workers.first.take(&workers.parcel, from: 1))
        guard case .opened(let count, let used) = workers.parcel.contents else {
            Issue.record("another parcel")
            return
        }
        #expect(count == opened.count && used.count == 1 && used.last === opener)
        let left = PacketPlace.packet..<PacketPlace.packet + count
        let next2 = try workers.parcel.buffer.withBytes { try InboundChain.Layer(inIPPacket: left, of: $0) }
        let remaining = try #require(next2)
        let plain = try workers.parcel.buffer.withMutableBytes {
            try tunnel.open(&$0, remaining, by: 0).packet
        }
        let octets = workers.parcel.buffer.withBytes { bytes in plain.map { bytes[$0] } }
        #expect(octets == packet)
    }

    @Test func aWorkerThatTakesNothingGetsNoMoreThanARingHolds() throws {
        var workers = try Workers()
        let buffer = PacketPlace.buffer()
        buffer.write(packet, at: PacketPlace.packet)
        let range = PacketPlace.packet..<PacketPlace.packet + packet.count
        let opener = try InboundAssociation(Samples.authentication(.inbound), now: start, owner: 1)
        for _ in 0..<WorkerRings.capacity {
            try workers.first.sendCopy(
                of: range, in: buffer, .opened(count: range.count, used: AssociationTrail(opener)), to: 1)
        }
        #expect(throws: PacketDrop.plane(.workerBusy)) {
            try workers.first.sendCopy(
                of: range, in: buffer, .opened(count: range.count, used: AssociationTrail(opener)), to: 1)
        }
        #expect(workers.second.take(&workers.parcel, from: 0))
        try workers.first.sendCopy(
            of: range, in: buffer, .opened(count: range.count, used: AssociationTrail(opener)), to: 1)
    }

    // MARK: room

    /// BEET's IPv6 header in place of IPv4's needs octets before the packet, where sockets and parcels put packets.
    @Test(arguments: [28, 1400])
    func buffersHaveRoomForALongerInnerHeader(_ count: Int) throws {
        #expect(PacketPlace.headroom >= PacketRoom.inboundHeadroom)
        var sample = try Samples.association(.outbound, mode: .beet)
        sample.transform = ESPTransform(
            encryption: CipherChoice(.null), encryptionKey: SecretKey(copying: []), integrity: .hmacSHA256,
            integrityKey: SecretKey(copying: Array(repeating: 2, count: 32)))
        sample.selector = Selector(
            source: try #require(IPPrefix("2001:db8:1::1/128")),
            destination: try #require(IPPrefix("2001:db8:2::1/128")))
        let sender = try OutboundAssociation(sample, now: start)
        sample.direction = .inbound
        let receiver = try InboundAssociation(sample, now: start)
        var inner: [UInt8] = [0x60, 0, 0, 0, UInt8(count >> 8), UInt8(count & 0xff), 17, 64]
        for network in [1, 2] as [UInt8] {
            inner += [0x20, 0x01, 0x0d, 0xb8, 0, network] + Array(repeating: 0, count: 9) + [1]
        }
        inner += Array(repeating: 7, count: count)
        let buffer = PacketPlace.buffer()
        buffer.write(inner, at: 200)
        let sealed = try buffer.withMutableBytes {
            try sender.seal(&$0, 200..<200 + inner.count, by: 0).packet
        }
        let received = PacketPlace.buffer()
        received.copy(sealed, of: buffer, to: PacketPlace.packet)
        let found = try received.withBytes {
            try ESPPacket(inIPPacket: PacketPlace.packet..<PacketPlace.packet + sealed.count, of: $0)
        }
        let opened = try received.withMutableBytes {
            try receiver.open(&$0, found, from: nil, by: 0).packet.packet
        }
        #expect(received.withBytes { bytes in opened.map { bytes[$0] } } == inner)
        #expect(opened.lowerBound >= 0 && opened.lowerBound < PacketPlace.packet)
    }
}
