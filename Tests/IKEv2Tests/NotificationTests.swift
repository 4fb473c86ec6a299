import Algorithms
import Credentials
import IPsec
import ISAKMP
import Negotiation
import TestSupport
import Testing
import Wire

@testable import IKEv2

@Suite("What notifications and unknown payloads change (RFC 7296 sections 1.3.1, 2.3, 2.4 and 2.5)")
struct NotificationTests {
    private static let unknown = PayloadType(rawValue: 200)

    private func authenticated(_ added: [Payload] = []) throws -> ScriptedPeer {
        var peer = ScriptedPeer()
        try peer.open()
        _ = try peer.ask(.ikeAuth, 1, peer.proof() + added + peer.childRequest(spi: 0x1000))
        #expect(peer.installed.count == 2)
        return peer
    }

    private func critical(_ isCritical: Bool) -> Payload {
        .unknown(Self.unknown, isCritical: isCritical, [1, 2])
    }

    private func refusals(_ messages: [Message]) -> [NotifyPayload] {
        messages.flatMap(\.notifications).filter { $0.type.isError }
    }

    private let refusal = NotifyPayload(.unsupportedCriticalPayload, data: [200])

    @Test(
        "a first message with an unknown payload is refused where that is critical", arguments: [true, false])
    func first(isCritical: Bool) throws {
        var peer = ScriptedPeer()
        let first = try peer.initial(
            spi: 5, (1...32).map { $0 }, nonce: Array(repeating: 1, count: 32), first: [critical(isCritical)])
        let answer = try Message(decoding: try #require(peer.deliver(first).first))
        #expect(refusals([answer]) == (isCritical ? [refusal] : []))
        #expect(peer.endpoint.status().ikeSAs.count == (isCritical ? 0 : 1))
    }

    @Test(
        "a request with one is refused where that is critical, and the SA goes on", arguments: [true, false])
    func requests(isCritical: Bool) throws {
        var peer = try authenticated()
        let payloads = peer.childRequest(spi: 0x2000, nonce: Array(repeating: 1, count: 32))
        let answers = try peer.ask(.createChildSA, 2, [critical(isCritical)] + payloads)
        #expect(refusals(answers) == (isCritical ? [refusal] : []))
        #expect(peer.installed.count == (isCritical ? 2 : 4))
        #expect(try peer.ask(.informationalIKEv2, 3, []).count == 1)
        #expect(peer.endpoint.status().ikeSAs.count == 1)
    }

    @Test("IKE_AUTH with a critical one makes nothing")
    func authentication() throws {
        var peer = ScriptedPeer()
        try peer.open()
        let payloads = try peer.proof() + [critical(true)] + peer.childRequest(spi: 0x2000)
        #expect(refusals(try peer.ask(.ikeAuth, 1, payloads)) == [refusal])
        #expect(peer.installed.isEmpty)
        #expect(peer.endpoint.status().ikeSAs.allSatisfy { $0.state != "established" })
    }

    @Test("an answer with a critical one ends the SA", arguments: [true, false])
    func answers(isCritical: Bool) throws {
        var peer = try authenticated()
        #expect(peer.handle(.terminate(tunnel: "host")).count == 1)
        let answer = try peer.seal(.informationalIKEv2, 0, [critical(isCritical)], isResponse: true)
        for datagram in answer { _ = peer.deliver(datagram) }
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
        #expect(peer.reports.contains { $0.sentence.contains("critical") } == isCritical)
    }

    /// Has all children renewed at once; the requests that are sent.
    private func renewAll(_ peer: inout ScriptedPeer) -> Int {
        let children = peer.endpoint.status().childSAs
        return children.reduce(0) { $0 + peer.handle(.database(.expiring($1.inbound))).count }
    }

    @Test(
        "as many requests go at once as the peer takes: one, unless it says otherwise",
        arguments: [nil, 1, 2, 5, .max], [ExchangeType.ikeAuth, .informationalIKEv2])
    func window(size: UInt32?, exchange: ExchangeType) throws {
        let notify = size.map { [Payload.notify(NotifyPayload(.setWindowSize, data: $0.octets))] } ?? []
        var peer = try authenticated(exchange == .ikeAuth ? notify : [])
        var messageID: UInt32 = 2
        if exchange == .informationalIKEv2 {
            _ = try peer.ask(exchange, messageID, notify)
            messageID += 1
        }
        let nonce = Array(UInt8(0)..<32)
        for spi in 0..<UInt32(3) {
            _ = try peer.ask(
                .createChildSA, messageID + spi, peer.childRequest(spi: 0x2000 + spi, nonce: nonce))
        }
        #expect(peer.endpoint.status().childSAs.count == 4)
        #expect(renewAll(&peer) == min(4, Int(size ?? 1)))
    }

    @Test(
        "a window of no size at all, or in the wrong form, is one",
        arguments: [[], [2], [0, 0, 0, 0]] as [[UInt8]])
    func oddWindow(octets: [UInt8]) throws {
        var peer = try authenticated([.notify(NotifyPayload(.setWindowSize, data: octets))])
        _ = try peer.ask(.createChildSA, 2, peer.childRequest(spi: 0x2000, nonce: Array(0..<32)))
        #expect(renewAll(&peer) == 1)
    }

    @Test(
        "whether the peer takes padding for the confidentiality of traffic flows", arguments: [true, false])
    func flowPadding(takes: Bool) throws {
        let peer = try authenticated(takes ? [] : [.notify(NotifyPayload(.espTFCPaddingNotSupported))])
        #expect(peer.endpoint.status().childSAs.map(\.takesFlowPadding) == [takes])
    }

    @Test(
        "a peer that started anew has nothing left of before, where it says so and is the same",
        arguments: [(true, true), (false, true), (true, false)])
    func initialContact(says: Bool, isSame: Bool) {
        var policies = Policies()
        policies.changePeer = { peer, side in
            if side == .a { peer.localIdentity = .fqdn("west") }
        }
        var pair = policies.pair(seed: 30)
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        policies.changePeer = { peer, side in
            if side == .a { peer.localIdentity = .fqdn(isSame ? "west" : "east") }
            peer.sendsInitialContact = says
        }
        pair.endpoints[0] = IKEv2Endpoint(policy: policies.policy(.a), random: FixedRandom(seed: 31))
        pair.databases[0] = RecordingDatabase()
        pair.handle(.initiate(policies.request()), at: .a)
        pair.run(for: .seconds(2))
        let isOldGone = says && isSame
        let status = pair.endpoints[1].status()
        #expect(status.ikeSAs.count == (isOldGone ? 1 : 2))
        #expect(status.childSAs.count == (isOldGone ? 1 : 2))
        #expect(pair.reports[1].contains { $0.sentence.contains("the peer started anew") } == isOldGone)
        #expect(pair.databases[0].reaches(pair.databases[1]))
        #expect(pair.databases[1].reaches(pair.databases[0]))
    }
}
