import Algorithms
import Cryptography
import IPsec
import ISAKMP
import TestSupport
import Testing

@testable import IKEv2
@testable import Negotiation

@Suite("IPComp beside the SAs of a child (RFC 7296 section 2.22)")
struct CompressionTests {
    /// Both sides compress, or those of them that are named.
    static func policies(_ sides: [NetworkSide] = [.a, .b], mode: EncapsulationMode = .tunnel) -> Policies {
        var policies = Policies()
        policies.mode = mode
        policies.childLifetime = .seconds(60)
        policies.changeTunnel = { tunnel, side in tunnel.compression = sides.contains(side) ? .deflate : nil }
        return policies
    }

    static func request(_ policies: Policies) throws -> ChildRequest {
        try #require(policies.policy(.a).tunnels.first).request(on: policies.request().path)
    }

    private static func established(
        _ policies: Policies, seed: UInt64, faults: NetworkFaults = NetworkFaults()
    ) throws -> TwoEndpoints {
        var pair = policies.pair(seed: seed, faults: faults)
        pair.handle(.initiate(try request(policies)), at: .a)
        pair.run(for: .seconds(2))
        return pair
    }

    /// Compressed both ways, with SAs that fit each other, and nothing left over.
    private static func expectCompressed(_ pair: TwoEndpoints, mode: EncapsulationMode = .tunnel) {
        for side in [0, 1] {
            let all = pair.databases[side].associations.values
            #expect(all.count == 4)
            #expect(all.count { $0.id.protocol == .ipcomp } == 2)
            #expect(pair.databases[side].reaches(pair.databases[1 - side]))
            for association in all {
                let isCompression = association.id.protocol == .ipcomp
                #expect(association.mode == (isCompression ? mode : .transport))
                #expect((association.compression == .deflate) == isCompression)
                #expect(!isCompression || (0x100..<0xf000).contains(association.id.spi.value))
                #expect(association.requestID == 7)
                #expect(!isCompression || association.encapsulation == nil)
            }
            #expect(pair.policies[side].map(\.compression) == [.deflate])
        }
    }

    @Test(
        "both want it: a pair of IPComp SAs beside that of ESP, which is in transport mode",
        arguments: [
            EncapsulationMode.tunnel, .transport,
        ])
    func agreed(mode: EncapsulationMode) throws {
        let pair = try Self.established(Self.policies(mode: mode), seed: 90)
        Self.expectCompressed(pair, mode: mode)
        for side in [0, 1] {
            let child = try #require(pair.endpoints[side].status().childSAs.first)
            #expect(child.mode == mode)
            guard case .agreed(.deflate, let inbound, let outbound) = child.compression else {
                Issue.record("\(child.compression)")
                continue
            }
            #expect(pair.databases[side].associations[inbound]?.direction == .inbound)
            #expect(pair.databases[1 - side].associations[outbound]?.direction == .inbound)
            #expect(pair.reports[side].contains { $0.sentence.contains("compressed by deflate, CPIs") })
        }
    }

    @Test("behind a NAT, UDP is around ESP alone")
    func translated() throws {
        let pair = try Self.established(Self.policies(), seed: 91, faults: NetworkFaults(translates: true))
        Self.expectCompressed(pair)
        let protected = pair.databases[0].associations.values.filter { $0.id.protocol == .esp }
        #expect(protected.allSatisfy { $0.encapsulation != nil })
    }

    @Test(
        "one side alone wants it: the child is as ever, and only that side has missed something",
        arguments: [
            NetworkSide.a, .b,
        ])
    func declined(side: NetworkSide) throws {
        let pair = try Self.established(Self.policies([side]), seed: 92)
        for each in [0, 1] {
            #expect(pair.databases[each].associations.values.map(\.id.protocol) == [.esp, .esp])
            #expect(pair.databases[each].associations.values.allSatisfy { $0.mode == .tunnel })
            #expect(pair.databases[each].reaches(pair.databases[1 - each]))
            #expect(pair.policies[each].allSatisfy { $0.compression == nil })
            #expect(pair.policies[each].count == (each == side.rawValue ? 1 : 0))
            let child = try #require(pair.endpoints[each].status().childSAs.first)
            #expect(child.compression == (each == side.rawValue ? .declined : .notWanted))
        }
    }

    @Test("renewed again and again, with new CPIs and no instant in which a packet would be lost")
    func renewed() throws {
        var pair = try Self.established(Self.policies(), seed: 93)
        var losses = 0
        var indices: Set<SPI> = []
        pair.run(for: .seconds(600)) { now in
            if !now.databases[0].reaches(now.databases[1]) || !now.databases[1].reaches(now.databases[0]) {
                losses += 1
            }
            indices.formUnion(
                now.databases[0].associations.values.filter { $0.id.protocol == .ipcomp }.map(\.id.spi))
        }
        #expect(losses == 0)
        #expect(indices.count >= 20)
        #expect(pair.reports[0].count { $0.kind == .childRekeyed } >= 10)
        pair.run(for: .seconds(6))
        #expect(pair.policies.map(\.count) == [1, 1])
        pair.handle(.terminate(tunnel: "hq"), at: .b)
        pair.run(for: .seconds(10))
        #expect(pair.databases.map(\.associations.count) == [0, 0])
        #expect(pair.policies.map(\.count) == [0, 0])
    }

    @Test(
        "both renew at once, and an IKE SA is succeeded: one pair of each is left", arguments: UInt64(0)..<6)
    func collisions(seed: UInt64) throws {
        var policies = Self.policies()
        policies.changePeer = { peer, _ in peer.ikeLifetime = .seconds(90) }
        var pair = try Self.established(policies, seed: 94 &+ seed)
        for _ in 0..<5 {
            pair.faults = NetworkFaults(loss: 10, duplication: 20, jitter: 60)
            for side in [NetworkSide.a, .b] {
                pair.force(side) { sa in (sa.established?.children.keys.first).map { .rekeyChild($0) } }
            }
            pair.run(for: .seconds(30))
            pair.faults = NetworkFaults()
            pair.run(for: .seconds(20))
        }
        // Whoever lost sight of the other for good begins again, as the supervisor of tunnels has it.
        if pair.endpoints[0].status().childSAs.isEmpty {
            pair.handle(.initiate(try Self.request(policies)), at: .a)
        }
        pair.run(for: .seconds(15))
        #expect(pair.databases[0].reaches(pair.databases[1]))
        #expect(pair.databases[1].reaches(pair.databases[0]))
        pair.handle(.terminate(tunnel: "hq"), at: .a)
        pair.run(for: .seconds(20))
        #expect(pair.databases.map(\.associations.count) == [0, 0])
        #expect(pair.policies.map(\.count) == [0, 0])
        #expect(pair.endpoints.allSatisfy { $0.turn.compressionIndices.taken.isEmpty })
    }

    @Test(
        "a database that takes ESP and not IPComp leaves neither", arguments: [Direction.inbound, .outbound],
        [
            NetworkSide.a, .b,
        ])
    func refused(direction: Direction, side: NetworkSide) throws {
        let policies = Self.policies()
        var pair = policies.pair(seed: 95)
        pair.databases[side.rawValue].refuses = {
            $0.id.protocol == .ipcomp && $0.direction == direction
                ? DatabaseFailure(.unsupported, "no IPComp here") : nil
        }
        pair.handle(.initiate(try Self.request(policies)), at: .a)
        pair.run(for: .seconds(10))
        #expect(pair.databases.map(\.associations.count) == [0, 0])
        #expect(pair.policies.map(\.count) == [0, 0])
        #expect(pair.reports[side.rawValue].contains { $0.sentence.contains("no IPComp here") })
    }

    @Test("an SA of another child that has the peer's CPI already is not taken away")
    func collidingIndex() throws {
        let policies = Self.policies()
        var pair = policies.pair(seed: 96)
        var other: SecurityAssociation?
        pair.databases[0].refuses = { association in
            guard association.id.protocol == .ipcomp, association.direction == .outbound else { return nil }
            return DatabaseFailure(.alreadyExists, "it is somebody else's")
        }
        pair.handle(.initiate(try Self.request(policies)), at: .a)
        pair.run(for: .seconds(1)) { now in
            other =
                now.databases[1].associations.values.first {
                    $0.id.protocol == .ipcomp && $0.direction == .inbound
                } ?? other
        }
        let taken = try #require(other).id
        #expect(!pair.databases[0].removed.contains(taken))
    }
}

@Suite("IPCOMP_SUPPORTED of a peer that keeps to no rule")
struct HostileCompressionTests {
    static func notify(_ index: UInt16, transform: UInt8 = 2, more: [UInt8] = []) -> Payload {
        .notify(
            NotifyPayload(
                .ipcompSupported,
                data: [UInt8(index >> 8), UInt8(truncatingIfNeeded: index), transform] + more))
    }

    private func authenticated() throws -> ScriptedPeer {
        var peer = ScriptedPeer()
        try peer.open()
        try peer.authenticate()
        return peer
    }

    private func answered(_ offers: [Payload]) throws -> (ScriptedPeer, [CompressionOffer?]) {
        var peer = try authenticated()
        let messages = try peer.ask(
            .createChildSA, 2, offers + peer.childRequest(spi: 0x2000, nonce: Array(0..<32)))
        #expect(messages.count == 1)
        let notifications = messages.flatMap(\.notifications)
        #expect(notifications.allSatisfy { !$0.type.isError })
        return (peer, notifications.filter { $0.type == .ipcompSupported }.map { CompressionOffer($0) })
    }

    @Test(
        "offers that may be agreed to are, whatever else is offered",
        arguments: [
            [notify(0x100)], [notify(0xffff)], [notify(0x1234, more: [0, 1, 2, 3])],
            [notify(0x1234, transform: 3), notify(0x1235)], [notify(0x1235), notify(0x1236)],
            [notify(2), notify(0x1235)],
        ])
    func usable(offers: [Payload]) throws {
        let (peer, answers) = try answered(offers)
        #expect(answers.count == 1)
        #expect(answers.first??.fits(.deflate) == true)
        #expect(peer.installed.count { $0.protocol == .ipcomp } == 2)
    }

    @Test(
        "others leave the child as it is without compression",
        arguments: [
            [], [notify(0)], [notify(2)], [notify(0xff)], [notify(0x1234, transform: 3)],
            [notify(0x1234, transform: 4), notify(0x1235, transform: 1), notify(0x1236, transform: 0)],
            [.notify(NotifyPayload(.ipcompSupported))],
            [.notify(NotifyPayload(.ipcompSupported, data: [2]))],
            [.notify(NotifyPayload(.ipcompSupported, data: [0x12, 0x34]))],
        ] as [[Payload]])
    func unusable(offers: [Payload]) throws {
        let (peer, answers) = try answered(offers)
        #expect(answers.isEmpty)
        #expect(peer.installed.map(\.protocol) == [.esp, .esp, .esp, .esp])
    }

    @Test("as many as fit into a message are read, and one is answered")
    func flood() throws {
        let offers = (0..<40).map { Self.notify(0x1000 + UInt16($0), transform: $0 == 39 ? 2 : 3) }
        let (_, answers) = try answered(offers)
        #expect(answers.count == 1)
    }

    /// What a responder's answer is changed to.
    enum Lie: CaseIterable {
        case short, twice, otherAlgorithm, reserved, unasked
    }

    @Test(
        "an answer that agrees to what was not offered makes no child, and the peer is told",
        arguments: Lie.allCases)
    func answers(lie: Lie) throws {
        let draft = ChildDraft(
            request: try request(compresses: lie != .unasked), policy: Policies().policy(.a).children[0],
            spi: SPI(0x1000), compressionIndex: lie == .unasked ? nil : SPI(0x4321), nonce: nil,
            exchange: nil, replaces: nil, attempts: 1)
        let payloads: [Payload] =
            switch lie {
            case .short: [.notify(NotifyPayload(.ipcompSupported, data: [0x12, 0x34]))]
            case .twice: [Self.notify(0x1234), Self.notify(0x1235)]
            case .otherAlgorithm: [Self.notify(0x1234, transform: 3)]
            case .reserved: [Self.notify(2)]
            case .unasked: [Self.notify(0x1234)]
            }
        let peer = ScriptedPeer()
        let message = Message(
            header: peer.header(.createChildSA, 2, isResponse: true),
            payloads: payloads + peer.childRequest(spi: 0x2000))
        let answer = try ChildOfferMessage(message)
        #expect(throws: NegotiationFailure.self) { try answer.agreedCompression(draft) }
    }

    private func request(compresses: Bool) throws -> ChildRequest {
        let policies = CompressionTests.policies(compresses ? [.a, .b] : [.b])
        return try CompressionTests.request(policies)
    }
}

@Suite("CPIs of endpoints beside each other (RFC 3173 section 3.3)")
struct CompressionIndexTests {
    @Test("shares have nothing in common, and are used up to the last", arguments: [1, 3, 4])
    func shares(count: Int) {
        var drawn: Set<SPI> = []
        var total = 0
        for share in 0..<count {
            var indices = CompressionIndices(share: share, of: count)
            var random: any RandomSource = FixedRandom(seed: UInt64(share))
            var owner: UInt32 = 0x1000
            while let index = indices.draw(for: SPI(owner), random: &random) {
                #expect((0x100..<0xf000).contains(index.value))
                drawn.insert(index)
                total += 1
                owner += 1
            }
            indices.release(SPI(0x1000))
            #expect(indices.draw(for: SPI(1), random: &random) != nil)
        }
        #expect(drawn.count == total)
        #expect(total == 0xef00 / count * count)
    }
}
