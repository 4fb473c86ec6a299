import Algorithms
import Cryptography
import ISAKMP
import KeyMaterial
import Negotiation
import TestSupport
import Testing
import Wire

@testable import IKEv2

@Suite("Encrypted messages and fragments (RFC 7296 section 3.14, RFC 7383)")
struct MessageChannelTests {
    static let suites = [
        Suite(encryption: CipherChoice(.aesGCM16, keyBits: 128), prf: .hmacSHA256),
        Suite(encryption: CipherChoice(.chaCha20Poly1305), prf: .hmacSHA256),
        Suite(encryption: CipherChoice(.aesCCM16, keyBits: 256), prf: .hmacSHA384),
        Suite(encryption: CipherChoice(.aesCBC, keyBits: 256), integrity: .hmacSHA256, prf: .hmacSHA256),
        Suite(encryption: CipherChoice(.aesCTR, keyBits: 128), integrity: .aesXCBC, prf: .hmacSHA1),
        Suite(encryption: CipherChoice(.tripleDES), integrity: .hmacSHA1, prf: .hmacSHA1),
    ]

    struct Ends {
        let initiator: MessageChannel
        let responder: MessageChannel
        var random: any RandomSource = FixedRandom(seed: 1)

        init(_ suite: Suite) throws {
            let keys = try IKESAKeys(
                suite, seed: SecretKey(copying: [1, 2, 3]),
                nonces: Nonces(initiator: Array(0..<32), responder: Array(32..<64)),
                spis: IKESPIs(initiator: 1, responder: 2))
            initiator = try MessageChannel(keys, role: .initiator)
            responder = try MessageChannel(keys, role: .responder)
        }
    }

    static func message(_ size: Int) -> Message {
        Message(
            header: MessageHeader(
                initiatorCookie: 1, responderCookie: 2, exchangeType: .ikeAuth, flags: .initiator,
                messageID: 1,
                version: 0x20),
            payloads: size == 0
                ? [] : [.vendorID(Array(repeating: 7, count: size)), .notify(NotifyPayload(.initialContact))])
    }

    @Test("what one side seals the other opens, and its own side does not", arguments: suites)
    func roundTrip(suite: Suite) throws {
        var ends = try Ends(suite)
        for size in [0, 1, 2, 15, 16, 17, 200, 3000] {
            let message = Self.message(size)
            let sealed = try ends.initiator.seal(message, limit: nil, random: &ends.random)
            let datagrams = sealed.datagrams
            #expect(datagrams.count == 1)
            guard case .message(let opened, let clear) = try ends.responder.open(datagrams[0]) else {
                Issue.record("not a whole message")
                return
            }
            #expect(opened.payloads == message.payloads)
            #expect(try clear == message.encode() && sealed.clear == clear)
            #expect(opened.header.messageID == 1)
            #expect(throws: OpeningFailure.forged(.badIntegrity)) { try ends.initiator.open(datagrams[0]) }
        }
    }

    @Test("a datagram with any octet changed, cut or lengthened is never read", arguments: suites)
    func tampering(suite: Suite) throws {
        var ends = try Ends(suite)
        let datagram = try ends.initiator.seal(Self.message(40), limit: nil, random: &ends.random).datagrams[
            0]
        for position in datagram.indices {
            var changed = datagram
            changed[position] ^= 0x41
            #expect(throws: OpeningFailure.self) { try ends.responder.open(changed) }
            #expect(throws: OpeningFailure.self) { try ends.responder.open(Array(datagram.prefix(position))) }
        }
        #expect(throws: OpeningFailure.self) { try ends.responder.open(datagram + [0]) }
    }

    @Test("fragments come together in any order, whatever is repeated", arguments: UInt64(0)..<20)
    func fragments(seed: UInt64) throws {
        var shuffle = FixedRandom(seed: seed)
        var ends = try Ends(Self.suites[Int(seed) % Self.suites.count])
        let message = Self.message(1000 + Int(shuffle.next() % 3000))
        let limit = 300 + Int(shuffle.next() % 900)
        let datagrams = try ends.initiator.seal(message, limit: limit, random: &ends.random).datagrams
        #expect(datagrams.count > 1)
        #expect(datagrams.allSatisfy { $0.count <= limit })
        let arrivals = (datagrams + datagrams.prefix(2)).shuffled(using: &shuffle)
        var reassembly: FragmentReassembly?
        var whole: [Message] = []
        for datagram in arrivals {
            guard case .fragment(let fragment) = try ends.responder.open(datagram) else {
                Issue.record("not a fragment")
                return
            }
            var current = reassembly ?? FragmentReassembly(fragment)
            if let message = try current.add(fragment) { whole.append(message) }
            reassembly = current
        }
        #expect(whole.map(\.payloads) == [message.payloads])
    }

    @Test("a message cut smaller replaces what came of the larger pieces, and never the other way round")
    func smallerPieces() throws {
        var ends = try Ends(Self.suites[0])
        let message = Self.message(2000)
        let large = try ends.initiator.seal(message, limit: 1200, random: &ends.random).datagrams
        let small = try ends.initiator.seal(message, limit: 600, random: &ends.random).datagrams
        #expect(large.count < small.count)
        func fragment(_ datagram: [UInt8]) throws -> MessageFragment {
            guard case .fragment(let fragment) = try ends.responder.open(datagram) else {
                throw OpeningFailure.malformed(MessageError(.header, .encryption(expected: true)))
            }
            return fragment
        }
        var reassembly = FragmentReassembly(try fragment(large[0]))
        #expect(try reassembly.add(fragment(large[0])) == nil)
        #expect(try reassembly.add(fragment(small[0])) == nil)
        #expect(try reassembly.add(fragment(large[1])) == nil)
        var result: Message?
        for datagram in small.dropFirst() { result = try reassembly.add(fragment(datagram)) ?? result }
        #expect(result?.payloads == message.payloads)
    }

    @Test(
        "fragment numbers that cannot be are refused",
        arguments: [(0, 3, 0), (4, 3, 0), (1, 129, 33), (2, 3, 33), (1, 0, 0)] as [(UInt16, UInt16, UInt8)])
    func badNumbers(number: UInt16, total: UInt16, first: UInt8) {
        let header = Self.message(0).header
        let head = number.octets + total.octets
        #expect(throws: MessageError.self) {
            try MessageFragment(header, first: first, head: head.span, [1])
        }
    }

    @Test("what fragments alone can carry passes, though it is too long to be recorded")
    func largest() throws {
        var ends = try Ends(Self.suites[0])
        let message = Message(
            header: Self.message(0).header,
            payloads: [32000, 33500].map { .vendorID(Array(repeating: 7, count: $0)) })
        let sealed = try ends.initiator.seal(message, limit: 1200, random: &ends.random)
        #expect(sealed.clear == nil)
        var reassembly: FragmentReassembly?
        var whole: Message?
        for datagram in sealed.datagrams {
            guard case .fragment(let fragment) = try ends.responder.open(datagram) else {
                Issue.record("not a fragment")
                return
            }
            var current = reassembly ?? FragmentReassembly(fragment)
            whole = try current.add(fragment)
            reassembly = current
        }
        #expect(whole?.payloads == message.payloads)
    }

    @Test("a message too large for its fragments, or for any datagram, is an error and no crash")
    func tooLarge() throws {
        var ends = try Ends(Self.suites[0])
        #expect(throws: MessageError.self) {
            try ends.initiator.seal(Self.message(65500), limit: nil, random: &ends.random)
        }
        for limit in [0, 28, 60, 64, 100] {
            #expect(throws: MessageError.self) {
                try ends.initiator.seal(Self.message(60000), limit: limit, random: &ends.random)
            }
        }
    }
}
