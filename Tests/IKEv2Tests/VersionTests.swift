import Algorithms
import IPsec
import ISAKMP
import Negotiation
import TestSupport
import Testing

@testable import IKEv2

@Suite("Versions other than IKEv2's (RFC 7296 section 2.5)")
struct VersionTests {
    private static let path = Path(
        local: Endpoint(NetworkSide.addressA, port: 500), remote: Endpoint(NetworkSide.addressB, port: 500))

    private static func endpoint() -> IKEv2Endpoint {
        IKEv2Endpoint(policy: Policies().policy(.a), random: FixedRandom(seed: 1))
    }

    private static func request(version: UInt8, _ flags: MessageHeader.Flags = .initiator) throws -> [UInt8] {
        try Message(
            header: MessageHeader(
                initiatorCookie: 0x1122, responderCookie: 0x33, exchangeType: .ikeSAInit, flags: flags,
                messageID: 9, version: version), payloads: []
        ).encode()
    }

    private static func answers(_ effects: [Effect]) throws -> [Message] {
        try effects.compactMap { effect in
            if case .send(let datagram, path) = effect { try Message(decoding: datagram) } else { nil }
        }
    }

    @Test(arguments: [0x30, 0x41, 0xf0] as [UInt8])
    func aHigherOneIsToldOfOurs(version: UInt8) throws {
        var endpoint = Self.endpoint()
        let now = Instant(nanoseconds: 1)
        let effects = endpoint.handle(.datagram(try Self.request(version: version), Self.path), now: now)
        let answer = try #require(try Self.answers(effects).first)
        #expect(answer.header.version == 0x20)
        #expect(answer.header.flags == .response)
        #expect(answer.header.messageID == 9)
        #expect((answer.header.initiatorCookie, answer.header.responderCookie) == (0x1122, 0x33))
        #expect(answer.notifications.map(\.type) == [.invalidMajorVersion])
        #expect(answer.payloads.count == 1)
    }

    @Test func aFloodIsAnsweredOnceInAWhile() throws {
        var endpoint = Self.endpoint()
        let request = try Self.request(version: 0x30)
        var count = 0
        for millisecond in 0..<1000 {
            let now = Instant(nanoseconds: Int64(millisecond) * 10_000_000)
            count += try Self.answers(endpoint.handle(.datagram(request, Self.path), now: now)).count
        }
        #expect(count == 2)
    }

    @Test func answersAndLowerOnesAreNotAnswered() throws {
        var endpoint = Self.endpoint()
        let now = Instant(nanoseconds: 1)
        for datagram in [try Self.request(version: 0x30, [.response]), try Self.request(version: 0x10)] {
            #expect(try Self.answers(endpoint.handle(.datagram(datagram, Self.path), now: now)).isEmpty)
        }
    }

    @Test("an answer in IKEv1's format is explained, and ends the attempt where another version may be tried")
    func oldRefusals() throws {
        for (modes, isOver) in [([ExchangeMode.ikev2], false), ([.ikev2, .main], true)] {
            var policies = Policies()
            policies.changePeer = { peer, _ in peer.exchangeModes = modes }
            var endpoint = IKEv2Endpoint(policy: policies.policy(.a), random: FixedRandom(seed: 1))
            let first = endpoint.handle(.initiate(policies.request()), now: Instant(nanoseconds: 1))
            let sent = try #require(try Self.answers(first).first)
            let refusal = MessageHeader(
                initiatorCookie: sent.header.initiatorCookie, responderCookie: 7,
                exchangeType: .informational, messageID: 5, version: 0x10)
            let datagram = try Message(header: refusal, payloads: []).encode()
            let effects = endpoint.handle(.datagram(datagram, Self.path), now: Instant(nanoseconds: 2))
            let reports = effects.compactMap { effect in
                if case .report(let report) = effect { report } else { nil }
            }
            #expect(reports.first?.failure?.code == "INVALID_MAJOR_VERSION")
            #expect(reports.contains { $0.kind == .negotiationFailed } == isOver)
            #expect((endpoint.nextDeadline == nil) == isOver)
        }
    }

    @Test("a refusal ends the attempt at once only where another version may be tried")
    func refusals() {
        for (modes, isOver) in [([ExchangeMode.ikev2], false), ([.ikev2, .main], true)] {
            var policies = Policies()
            policies.changePeer = { peer, side in
                peer.exchangeModes = modes
                if side == .b { peer.suites[0].keyExchange = [.ecp384] }
            }
            var pair = policies.pair(seed: 3)
            pair.handle(.initiate(policies.request()), at: .a)
            pair.run(for: .seconds(1))
            let failures = pair.reports[0].filter { $0.kind == .negotiationFailed }.compactMap(\.failure)
            #expect(!failures.isEmpty == isOver)
            let allAreUnreached = failures.allSatisfy { failure in
                if case .peerDeclined(.unreached) = failure { true } else { false }
            }
            #expect(allAreUnreached)
        }
    }
}
