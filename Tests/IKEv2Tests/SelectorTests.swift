import Algorithms
import IPsec
import ISAKMP
import Negotiation
import TestSupport
import Testing
import Wire

@testable import IKEv2

@Suite("traffic selectors that a peer may send, and the groups that it may name")
struct SelectorTests {
    private static let good: [UInt8] = [7, 0, 0, 16, 0, 0, 255, 255, 192, 0, 2, 1, 192, 0, 2, 1]

    private func notifications(_ messages: [Message]) -> [NotifyType] {
        messages.flatMap(\.notifications).map(\.type).filter(\.isError)
    }

    private func authenticated() throws -> ScriptedPeer {
        var peer = ScriptedPeer()
        try peer.open()
        try peer.authenticate()
        return peer
    }

    /// What asks for a child with this as the selectors of one side.
    private func request(_ peer: ScriptedPeer, _ side: PayloadType, _ body: [UInt8]) -> [Payload] {
        peer.childRequest(spi: 0x2000, nonce: Array(0..<32)).map { payload in
            payload.type == side ? .unknown(side, isCritical: false, body) : payload
        }
    }

    @Test(
        "what selects nothing is unacceptable, and the IKE SA goes on",
        arguments: [
            // Addresses and ports that end before they begin.
            [7, 0, 0, 16, 0, 0, 255, 255, 192, 0, 2, 2, 192, 0, 2, 1],
            [7, 6, 0, 16, 0, 9, 0, 8, 192, 0, 2, 1, 192, 0, 2, 1],
            // Another family than the other side's, and families that nobody knows.
            [8, 0, 0, 40, 0, 0, 255, 255] + Array(repeating: 1, count: 32),
            [9, 0, 0, 16, 0, 0, 255, 255, 192, 0, 2, 1, 192, 0, 2, 1],
            [0, 0, 0, 4],
            // Addresses of half a length, and of IPv6's under IPv4's number.
            [7, 0, 0, 12, 0, 0, 255, 255, 192, 0, 2, 1],
            [7, 0, 0, 40, 0, 0, 255, 255] + Array(repeating: 1, count: 32),
        ] as [[UInt8]],
        [PayloadType.initiatorTrafficSelectors, .responderTrafficSelectors])
    func selectsNothing(selector: [UInt8], side: PayloadType) throws {
        var peer = try authenticated()
        let answers = try peer.ask(.createChildSA, 2, request(peer, side, [1, 0, 0, 0] + selector))
        #expect(notifications(answers) == [.tsUnacceptable])
        #expect(peer.installed.count == 2)
        #expect(try peer.ask(.informationalIKEv2, 3, []).count == 1)
    }

    @Test(
        "counts and lengths that lie are no form at all",
        arguments: [
            [], [0, 0, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0] + good, [1, 0, 0, 0] + good + good,
            [255, 0, 0, 0] + good, [1, 0, 0, 0, 7, 0, 0, 0], [1, 0, 0, 0, 7, 0, 0, 3],
            [1, 0, 0, 0, 7, 0, 255, 255] + good.dropFirst(4), [1, 0, 0, 0] + good.dropLast(),
        ] as [[UInt8]])
    func lies(body: [UInt8]) throws {
        var peer = try authenticated()
        let answers = try peer.ask(.createChildSA, 2, request(peer, .initiatorTrafficSelectors, body))
        #expect(notifications(answers) == [.invalidSyntax])
        #expect(peer.installed.isEmpty)
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
    }

    @Test("addresses of others are not a peer's to have protected")
    func ofOthers() throws {
        var peer = try authenticated()
        let others: [UInt8] = [1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 255, 255, 10, 99, 0, 0, 10, 99, 0, 255]
        let answers = try peer.ask(.createChildSA, 2, request(peer, .initiatorTrafficSelectors, others))
        #expect(notifications(answers) == [.tsUnacceptable])
        #expect(peer.installed.count == 2)
    }

    @Test("as many as there can be, one of which is meant", arguments: [0, 30])
    func many(position: Int) throws {
        var peer = try authenticated()
        let others: [UInt8] = [7, 0, 0, 16, 0, 0, 255, 255, 10, 99, 0, 0, 10, 99, 0, 255]
        let body = (0..<255).flatMap { $0 == position ? Self.good : others }
        let answers = try peer.ask(
            .createChildSA, 2, request(peer, .initiatorTrafficSelectors, [255, 0, 0, 0] + body))
        #expect(notifications(answers).isEmpty)
        #expect(peer.installed.count == 4)
    }

    @Test(
        "any protocol ID and SPI that a rekeying names is refused without harm", arguments: [0, 1, 2, 4, 255])
    func rekeyedProtocol(protocolID: UInt8) throws {
        var peer = try authenticated()
        let notify = Payload.notify(NotifyPayload(.rekeySA, protocolID: protocolID, spi: [0, 0, 0x10, 0]))
        let answers = try peer.ask(
            .createChildSA, 2, [notify] + peer.childRequest(spi: 0x2000, nonce: Array(0..<32)))
        #expect(notifications(answers) == [.childSANotFound])
        #expect(peer.installed.count == 2)
    }

    @Test("a public value of any group but ours is answered with ours, or refused, and nothing is kept")
    func groups() throws {
        var peer = ScriptedPeer()
        let first = try peer.initial(
            spi: 5, Array(repeating: 9, count: 32), nonce: Array(repeating: 1, count: 32))
        // The group stands before the public value.
        let place = try #require(first.indices.first { first[$0...].starts(with: [0, 31, 0, 0, 9, 9]) })
        for group in Array(0..<64) + Array(1020..<1030) + [32768, 65535] as [UInt16] where group != 31 {
            var datagram = first
            (datagram[place], datagram[place + 1]) = (UInt8(group >> 8), UInt8(group & 255))
            let answer = try Message(decoding: try #require(peer.deliver(datagram).first))
            #expect(notifications([answer]) == [.invalidKEPayload])
            #expect(answer.notification(.invalidKEPayload)?.data == [0, 31])
            #expect(peer.endpoint.status().ikeSAs.isEmpty)
        }
    }

    @Test(
        "a responder that wants one group after another is given up, as is one that wants cookies without end"
    )
    func withoutEnd() throws {
        var policies = Policies()
        policies.suites[0].keyExchange = [.ecp256, .ecp384]
        for notify in [
            { NotifyPayload(.invalidKEPayload, data: [0, $0.isMultiple(of: 2) ? 20 : 19]) },
            { NotifyPayload(.cookie, data: [UInt8($0)]) },
            { NotifyPayload(.invalidKEPayload, data: [0, 99 + UInt8($0)]) },
        ] as [(Int) -> NotifyPayload] {
            var endpoint = IKEv2Endpoint(policy: policies.policy(.a), random: CountingRandom(seed: 9))
            var now = Instant(nanoseconds: 1)
            var effects = endpoint.handle(.initiate(policies.request()), now: now)
            var sent = 0
            for round in 0..<40 {
                for case .send(let datagram, let path) in effects {
                    sent += 1
                    var header = try Message.header(of: datagram)
                    header.flags = .response
                    let answer = try Message(header: header, payloads: [.notify(notify(round))]).encode()
                    effects = endpoint.handle(.datagram(answer, path), now: now)
                }
                now = now + .seconds(1)
                effects += endpoint.handle(.deadline, now: now)
            }
            #expect(sent <= ProtocolLimits.initialAttempts + TimerPolicy().retransmissions + 1)
            #expect(endpoint.status().ikeSAs.isEmpty)
            #expect(endpoint.nextDeadline == nil)
        }
    }
}
