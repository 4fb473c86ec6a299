import Algorithms
import Credentials
import IPsec
import ISAKMP
import Negotiation
import Testing
import Wire

@testable import IKEv2

@Suite("peers that keep to no rule, with the keys and without")
struct AbuseTests {
    private func notifications(_ messages: [Message]) -> [NotifyType] {
        messages.flatMap(\.notifications).map(\.type)
    }

    private func opened() throws -> ScriptedPeer {
        var peer = ScriptedPeer()
        try peer.open()
        return peer
    }

    private func authenticated() throws -> ScriptedPeer {
        var peer = try opened()
        try peer.authenticate()
        #expect(peer.installed.count == 2)
        return peer
    }

    @Test("exchanges before AUTH make nothing", arguments: [ExchangeType.createChildSA, .informationalIKEv2])
    func beforeAuth(type: ExchangeType) throws {
        var peer = try opened()
        _ = try peer.ask(type, 1, peer.childRequest(spi: 7, nonce: Array(0..<32)))
        #expect(peer.installed.isEmpty)
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
        // The SA is gone: a proper AUTH afterwards finds nothing.
        #expect(try peer.ask(.ikeAuth, 1, peer.proof()).isEmpty)
    }

    @Test("a second AUTH ends the SA, and is not listened to")
    func secondAuth() throws {
        var peer = try authenticated()
        let answers = try peer.ask(.ikeAuth, 2, peer.proof(.fqdn("somebody.else")))
        #expect(notifications(answers) == [.invalidSyntax])
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
        #expect(peer.installed.isEmpty)
    }

    @Test("our own AUTH sent back to us proves nothing")
    func reflection() throws {
        var peer = try opened()
        let proof = try peer.proof()
        let answers = try peer.ask(.ikeAuth, 1, proof + peer.childRequest(spi: 7))
        let own = answers.flatMap(\.payloads).compactMap { payload in
            if case .authentication(let own) = payload { own } else { nil }
        }
        var other = try opened()
        let reflected: [Payload] = [proof[0]] + own.map { .authentication($0) }
        #expect(notifications(try other.ask(.ikeAuth, 1, reflected)) == [.authenticationFailed])
    }

    @Test(
        "AUTH that is empty, short, long, of another method or missing",
        arguments: [AuthenticationMethod.sharedKey, .rsa, .digitalSignature, .null, .ecdsa256],
        [0, 1, 31, 33, 4000])
    func wrongAuth(method: AuthenticationMethod, size: Int) throws {
        var peer = try opened()
        let identification = try peer.proof()[0]
        let wrong = Payload.authentication(
            AuthenticationPayload(method, Array(repeating: 0, count: size)))
        let answers = try peer.ask(.ikeAuth, 1, [identification, wrong] + peer.childRequest(spi: 7))
        #expect(notifications(answers) == [.authenticationFailed])
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
        var silent = try opened()
        let none = try silent.ask(.ikeAuth, 1, [identification] + peer.childRequest(spi: 7))
        #expect(notifications(none) == [.authenticationFailed])
    }

    @Test("identities of every kind and length", arguments: [0, 1, 3, 4, 5, 16, 300, 20000])
    func identities(size: Int) throws {
        for kind in UInt8.min...UInt8.max where kind < 20 || kind > 250 {
            var peer = try opened()
            let proof = try peer.proof()
            let odd = Payload.unknown(
                .initiatorIdentification, isCritical: false,
                [kind, 0, 0, 0] + Array(repeating: 0x1b, count: size))
            let answers = try peer.ask(.ikeAuth, 1, [odd, proof[1]])
            #expect(
                notifications(answers) == [.authenticationFailed]
                    || notifications(answers) == [.invalidSyntax])
            #expect(peer.endpoint.status().ikeSAs.isEmpty)
            // What a terminal would obey does not get there.
            #expect(peer.reports.allSatisfy { !$0.sentence.unicodeScalars.contains("\u{1b}") })
        }
    }

    @Test("nonces too short and too long, twice, or missing", arguments: [0, 1, 8, 15, 257, 5000])
    func nonces(size: Int) throws {
        var peer = ScriptedPeer()
        let value = Array(repeating: UInt8(9), count: 32)
        let odd = try? peer.initial(spi: 5, value, nonce: Array(repeating: 1, count: size))
        if let odd { #expect(peer.deliver(odd).allSatisfy { $0.count < 100 }) }
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
        var child = try authenticated()
        let answers = try child.ask(
            .createChildSA, 2,
            child.childRequest(spi: 9) + [
                .unknown(.nonce, isCritical: false, Array(repeating: 1, count: size))
            ])
        #expect(notifications(answers) == [.invalidSyntax])
    }

    @Test(
        "public values that no honest peer sends",
        arguments: [
            [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31), [],
            [UInt8](repeating: 9, count: 31), [UInt8](repeating: 9, count: 33),
        ])
    func publicValues(value: [UInt8]) throws {
        var peer = ScriptedPeer()
        let first = try peer.initial(spi: 5, value, nonce: Array(repeating: 1, count: 32))
        let answered = peer.deliver(first)
        // Small orders are found when the secret is computed, which is when IKE_AUTH comes.
        var header = peer.header(.ikeAuth, 1)
        header.initiatorCookie = 5
        header.responderCookie =
            answered.first.flatMap { try? Message(decoding: $0).header.responderCookie } ?? 0
        header.nextPayload = 46
        header.length = 28 + 60
        var garbage = ByteWriter()
        header.write(to: &garbage)
        garbage.put([0, 0, 0, 60] + [UInt8](repeating: 7, count: 56))
        #expect(peer.deliver(garbage.bytes).isEmpty)
        _ = peer.wait(.seconds(1000))
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
    }

    @Test("message IDs before and beyond the window are not answered", arguments: [0, 1, 3, 100, UInt32.max])
    func messageIDs(messageID: UInt32) throws {
        var peer = try authenticated()
        let answers = try peer.ask(.informationalIKEv2, messageID, [.delete(.ikeSA)])
        // That of IKE_AUTH is a repetition: its answer comes again.
        #expect(answers.isEmpty == (messageID != 1))
        #expect(peer.endpoint.status().ikeSAs.count == 1)
    }

    @Test("answers to nothing, and requests under the wrong flag, change nothing")
    func answersToNothing() throws {
        var peer = try authenticated()
        for type in [ExchangeType.ikeAuth, .createChildSA, .informationalIKEv2] {
            for datagram in try peer.seal(type, 0, [.delete(.ikeSA)], isResponse: true) {
                #expect(peer.deliver(datagram).isEmpty)
            }
        }
        #expect(peer.endpoint.status().ikeSAs.count == 1)
    }

    @Test("deleting what does not exist, everything, and everything twice")
    func deletions() throws {
        var peer = try authenticated()
        let unknown = (0..<3000).map { SPI(0x9000 + $0) }
        var answers = try peer.ask(.informationalIKEv2, 2, [.delete(.children(.esp, unknown))])
        #expect(answers.count == 1)
        #expect(peer.installed.count == 2)
        answers = try peer.ask(
            .informationalIKEv2, 3,
            [.delete(.children(.esp, [SPI(0x1000), SPI(0x1000)])), .delete(.children(.ah, [SPI(0x1000)]))])
        #expect(answers.count == 1)
        #expect(peer.installed.isEmpty)
        answers = try peer.ask(
            .informationalIKEv2, 4, [.delete(.ikeSA), .delete(.ikeSA)] + peer.childRequest(spi: 8))
        #expect(answers.count == 1)
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
        #expect(peer.endpoint.nextDeadline == nil)
    }

    @Test("rekeying a child that does not exist, and one that does with nonsense")
    func rekeys() throws {
        var peer = try authenticated()
        let nonce = Array(UInt8(0)..<32)
        for (index, spi) in [[], [0, 0, 0], [0, 0, 0x20, 0], [UInt8](repeating: 1, count: 200)].enumerated() {
            let notify = Payload.notify(NotifyPayload(.rekeySA, protocolID: 3, spi: spi))
            let answers = try peer.ask(
                .createChildSA, UInt32(2 + index), [notify] + peer.childRequest(spi: 9, nonce: nonce))
            #expect(notifications(answers) == [.childSANotFound])
        }
        let notify = Payload.notify(NotifyPayload(.rekeySA, protocolID: 3, spi: [0, 0, 0x10, 0]))
        let answers = try peer.ask(.createChildSA, 6, [notify, .nonce(nonce)])
        #expect(notifications(answers) == [.invalidSyntax])
        #expect(peer.installed.count == 2)
    }

    @Test("an authenticated peer that makes children without end is stopped")
    func children() throws {
        var peer = try authenticated()
        let nonce = Array(UInt8(0)..<32)
        var messageID = UInt32(2)
        for number in 0..<UInt32(ProtocolLimits.children + 10) {
            _ = try peer.ask(
                .createChildSA, messageID, peer.childRequest(spi: 0x2000 + number, nonce: nonce))
            messageID += 1
        }
        #expect(peer.endpoint.status().childSAs.count == ProtocolLimits.children)
        let answers = try peer.ask(.createChildSA, messageID, peer.childRequest(spi: 1, nonce: nonce))
        #expect(notifications(answers) == [.noAdditionalSAs])
    }

    @Test("an SPI that another child has is refused, and is free again with that child")
    func reusedSPI() throws {
        var peer = try authenticated()
        let nonce = Array(UInt8(0)..<32)
        let again = peer.childRequest(spi: 0x1000, nonce: nonce)
        #expect(notifications(try peer.ask(.createChildSA, 2, again)).contains(.noProposalChosen))
        #expect(peer.installed.count == 2)
        _ = try peer.ask(.informationalIKEv2, 3, [.delete(.children(.esp, [SPI(0x1000)]))])
        #expect(!notifications(try peer.ask(.createChildSA, 4, again)).contains(.noProposalChosen))
        #expect(peer.installed.count == 2)
    }

    @Test("rekeyings in a storm, each of the child before: what is kept is bounded, and gone in a while")
    func storm() throws {
        var peer = try authenticated()
        let nonce = Array(UInt8(0)..<32)
        var (messageID, spi) = (UInt32(2), UInt32(0x1000))
        for _ in 0..<300 {
            let notify = Payload.notify(NotifyPayload(.rekeySA, protocolID: 3, spi: spi.octets))
            let answers = try peer.ask(
                .createChildSA, messageID, [notify] + peer.childRequest(spi: spi + 1, nonce: nonce))
            #expect(notifications(answers).allSatisfy { !$0.isError })
            _ = try peer.ask(.informationalIKEv2, messageID + 1, [.delete(.children(.esp, [SPI(spi)]))])
            (messageID, spi) = (messageID + 2, spi + 1)
        }
        // The inbound halves stay for packets that are under way.
        #expect(peer.installed.count <= 2 + 300)
        _ = peer.wait(.seconds(6))
        #expect(peer.installed.count == 2)
        #expect(peer.endpoint.status().childSAs.count == 1)
    }

    @Test("fragments in hostile orders cost one buffer, and the SA goes on")
    func fragments() throws {
        var peer = try authenticated()
        let large: [Payload] = [.vendorID(Array(repeating: 7, count: 5000))]
        let parts = try peer.seal(.informationalIKEv2, 2, large, limit: 1200)
        #expect(parts.count > 4)
        for part in parts.dropLast().reversed() + parts.dropLast() { #expect(peer.deliver(part).isEmpty) }
        // A finer cut of the same message begins anew; the old parts are of no use to it.
        let others = try peer.seal(.informationalIKEv2, 2, large, limit: 600)
        for part in others.dropFirst() { #expect(peer.deliver(part).isEmpty) }
        #expect(peer.deliver(parts[parts.count - 1]).isEmpty)
        var answers: [[UInt8]] = []
        for part in others { answers += peer.deliver(part) }
        #expect(answers.count == 1)
        // All of it again is answered once for the first part alone.
        answers = others.flatMap { peer.deliver($0) }
        #expect(answers.count == 1)
        // One that never becomes whole is in nobody's way.
        for part in try peer.seal(.informationalIKEv2, 3, large, limit: 600).dropLast() {
            #expect(peer.deliver(part).isEmpty)
        }
        #expect(try peer.ask(.informationalIKEv2, 3, []).count == 1)
        // One that is too long to be recorded is answered all the same.
        let largest: [Payload] = [32000, 33500].map { .vendorID(Array(repeating: 7, count: $0)) }
        #expect(try peer.ask(.informationalIKEv2, 4, largest, limit: 1200).count == 1)
    }

    @Test("first messages from everywhere: what is kept is bounded, and a peer that shows its cookie gets in")
    func flood() throws {
        var limits = FloodLimits()
        limits.halfOpen = 400
        var peer = ScriptedPeer(limits: limits)
        let value = (0..<32).map { UInt8($0 + 1) }
        var received = 0
        var answered = 0
        for number in 0..<20_000 {
            let nonce = (0..<32).map { UInt8(truncatingIfNeeded: number >> ($0 % 16)) }
            let first = try peer.initial(spi: 0x9_0000_0000 + UInt64(number), value, nonce: nonce)
            let remote = Endpoint(
                IPAddress(family: .ipv4, value: 0x0a00_0000 + UInt128(number)), port: 500)
            let sent = peer.handle(.datagram(first, Path(local: ScriptedPeer.path.local, remote: remote)))
            received += first.count
            answered += sent.reduce(0) { $0 + $1.count }
        }
        // Nobody gains by having us answer somebody else.
        #expect(answered < received)
        #expect(peer.endpoint.status().ikeSAs.count <= limits.halfOpen)
        #expect(peer.reports.count <= limits.halfOpen)
        try Self.expectWelcome(&peer, spi: 77, value)
        // Those that never came back are forgotten.
        _ = peer.wait(.seconds(1000))
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
    }

    /// Whoever brings the cookie back that it is asked for gets an answer.
    private static func expectWelcome(_ peer: inout ScriptedPeer, spi: UInt64, _ value: [UInt8]) throws {
        let nonce = Array(UInt8(0)..<32)
        let challenge = try #require(peer.deliver(try peer.initial(spi: spi, value, nonce: nonce)).first)
        let cookie = try #require(try Message(decoding: challenge).notification(.cookie))
        let second = try peer.initial(spi: spi, value, nonce: nonce, first: [.notify(cookie)])
        let answer = try #require(peer.deliver(second).first)
        #expect(try Message(decoding: answer).header.responderCookie != 0)
    }

    @Test("first messages in the name of one peer do not keep that peer out")
    func floodInTheNameOfAPeer() throws {
        var limits = FloodLimits()
        limits.halfOpenPerAddress = 20
        var peer = ScriptedPeer(limits: limits)
        let value = (0..<32).map { UInt8($0 + 1) }
        let nonce = Array(UInt8(0)..<32)
        for number in 0..<200 {
            _ = peer.deliver(
                try peer.initial(spi: 0x9_0000_0000 + UInt64(number), value, nonce: nonce))
        }
        #expect(peer.endpoint.status().ikeSAs.count < limits.halfOpenPerAddress)
        try Self.expectWelcome(&peer, spi: 77, value)
    }

    @Test("one address that brings its cookies back has its own limit")
    func addressLimit() throws {
        var limits = FloodLimits()
        limits.halfOpenPerAddress = 8
        var peer = ScriptedPeer(limits: limits)
        let value = (0..<32).map { UInt8($0 + 1) }
        let nonce = Array(UInt8(0)..<32)
        for number in UInt64(1)..<50 {
            let first = peer.deliver(try peer.initial(spi: number, value, nonce: nonce)).first
            guard let cookie = try first.flatMap({ try Message(decoding: $0).notification(.cookie) })
            else { continue }
            _ = peer.deliver(
                try peer.initial(spi: number, value, nonce: nonce, first: [.notify(cookie)]))
        }
        #expect(peer.endpoint.status().ikeSAs.count == limits.halfOpenPerAddress)
    }

    @Test("a request that an SA ended with is answered again, from memory of bounded size and for a while")
    func lastAnswers() throws {
        var peer = try authenticated()
        let goodbye = try peer.seal(.informationalIKEv2, 2, [.delete(.ikeSA)])
        let answer = goodbye.flatMap { peer.deliver($0) }
        #expect(answer.count == 1)
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
        for _ in 0..<3 { #expect(goodbye.flatMap { peer.deliver($0) } == answer) }
        // Another request under the same SPIs is none of a peer that waits.
        #expect(try peer.seal(.informationalIKEv2, 2, []).allSatisfy { peer.deliver($0).isEmpty })
        for _ in 0..<100 { _ = goodbye.map { peer.deliver($0) } }
        #expect(goodbye.allSatisfy { peer.deliver($0).isEmpty })
        #expect(peer.endpoint.nextDeadline == nil)
    }

    @Test("what is not believed is told so again, also where it came in fragments", arguments: [nil, 600])
    func lastRefusals(limit: Int?) throws {
        var peer = try opened()
        let wrong: [Payload] = [
            .identification(IdentificationPayload(.fqdn("somebody")), .initiator),
            .authentication(AuthenticationPayload(.sharedKey, Array(repeating: 0, count: 32))),
            .vendorID(Array(repeating: 7, count: 2000)),
        ]
        let request = try peer.seal(.ikeAuth, 1, wrong, limit: limit)
        let answer = request.flatMap { peer.deliver($0) }
        #expect(answer.count == 1)
        #expect(peer.endpoint.status().ikeSAs.isEmpty)
        #expect(request.flatMap { peer.deliver($0) } == answer)
        _ = peer.wait(.seconds(1000))
        #expect(request.allSatisfy { peer.deliver($0).isEmpty })
    }

    @Test("answers of more SAs than are kept: the oldest make room")
    func manyLastAnswers() {
        var answers = LastAnswers()
        let now = Instant(nanoseconds: 1)
        let count = UInt64(LastAnswers.capacity)
        for spi in 0..<(3 * count) { answers.keep([[UInt8(spi % 251)]], to: [1], spi: spi, now: now) }
        #expect(answers.answer(to: [1], spi: 2 * count - 1, now: now) == nil)
        for spi in (2 * count)..<(3 * count) {
            #expect(answers.answer(to: [1], spi: spi, now: now) == [[UInt8(spi % 251)]])
            #expect(answers.answer(to: [2], spi: spi, now: now) == nil)
        }
    }
}
