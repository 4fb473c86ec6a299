import IPsec
import ISAKMP
import TestSupport
import Testing

@testable import IKEv2

@Suite("IKEv2 messages (families R1, R2 and R3 at the decoder)")
struct MessageTests {
    @Test("what is read is written back octet for octet", arguments: MessageSeeds.clear)
    func roundTrip(name: String) throws {
        let octets = try MessageSeeds.octets(name)
        #expect(try Message(decoding: octets).encode() == octets)
    }

    @Test("what was decrypted is written back octet for octet", arguments: MessageSeeds.decrypted)
    func decryptedRoundTrip(name: String) throws {
        let octets = try MessageSeeds.octets(name)
        let message = try Self.read(octets)
        #expect(message.payloads.first?.type.rawValue ?? 0 == octets[0])
        #expect(try Message.encode(message.payloads) == Array(octets.dropFirst()))
    }

    @Test("a message cut or lengthened anywhere is refused", arguments: MessageSeeds.clear)
    func lengths(name: String) throws {
        let octets = try MessageSeeds.octets(name)
        for count in 0..<octets.count {
            #expect(throws: MessageError.self) { try Message(decoding: Array(octets.prefix(count))) }
            guard count >= MessageHeader.size else { continue }
            var shorter = Array(octets.prefix(count))
            shorter.replaceSubrange(24..<28, with: [0, 0, UInt8(count >> 8), UInt8(count & 0xff)])
            #expect(throws: MessageError.self) { try Message(decoding: shorter) }
        }
        #expect(throws: MessageError.self) { try Message(decoding: octets + [0]) }
    }

    @Test("only major version 2 is read, with any minor version", arguments: UInt8(0)..<16)
    func versions(major: UInt8) throws {
        var octets = try MessageSeeds.octets("init")
        octets[17] = major << 4 | 5
        if major == 2 {
            #expect(try Message(decoding: octets).header.minorVersion == 5)
        } else {
            #expect(throws: MessageError(.header, .majorVersion(major, expected: 2))) {
                try Message(decoding: octets)
            }
        }
    }

    @Test("no octet, whatever its value, does harm", arguments: MessageSeeds.clear + MessageSeeds.decrypted)
    func mutations(name: String) throws {
        let octets = try MessageSeeds.octets(name)
        for position in octets.indices {
            for value in [0, 1, 2, 3, 0x7f, 0x80, 0xff, octets[position] ^ 1] as [UInt8] {
                var changed = octets
                changed[position] = value
                #expect(MessageWalk.clear(changed) == nil)
                #expect(MessageWalk.decrypted(changed) == nil)
            }
        }
    }

    @Test(
        "every payload type with every small body is an error or comes back", arguments: UInt8.min...UInt8.max
    )
    func everyType(type: UInt8) {
        for size in 0...40 {
            for octet in [0, 1, 3, 0xff] as [UInt8] {
                let head: [UInt8] = [type, 0, 0, 0, UInt8(size + 4)]
                #expect(MessageWalk.decrypted(head + Array(repeating: octet, count: size)) == nil)
            }
        }
    }

    @Test("an encrypted payload has no place among payloads in clear", arguments: [46, 53] as [UInt8])
    func enclosed(type: UInt8) throws {
        var octets = try MessageSeeds.octets("refusal")
        octets[16] = type
        #expect(throws: MessageError(.payloads, .encryption(expected: false))) {
            try Message(decoding: octets)
        }
    }

    @Test("an unknown payload is refused only where it is critical")
    func critical() throws {
        let message = try Message(decoding: try MessageSeeds.octets("critical"))
        #expect(message.unknownCriticalPayload == PayloadType(rawValue: 200))
        var octets = try MessageSeeds.octets("critical")
        let position = try #require(octets.lastIndex(of: 0x80))
        octets[position] = 0x7f
        #expect(try Message(decoding: octets).unknownCriticalPayload == nil)
    }

    @Test("the critical bit of a payload that is known means nothing")
    func criticalKnown() throws {
        var octets = try MessageSeeds.octets("refusal")
        octets[29] = 0x80
        #expect(try Message(decoding: octets).unknownCriticalPayload == nil)
    }

    static func read(_ octets: [UInt8]) throws -> Message {
        let header = MessageHeader(
            initiatorCookie: 1, responderCookie: 2, exchangeType: .ikeAuth, messageID: 1, version: 0x20)
        let body = Array(octets.dropFirst())
        return try Message(header: header, first: octets[0], reading: body.span)
    }
}
