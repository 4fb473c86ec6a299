import Foundation
import ISAKMP
import TestSupport
import Testing
import Wire

@testable import IKEv1

/// Messages of every exchange: what the fuzz targets start from.
enum MessageSeeds {
    static let folder = VectorFile.packageRoot.appending(path: "Tests/Fuzz/Seeds/IKEv1Message")

    static let names = [
        "main1", "main3", "main5", "quick1", "quick1v6", "delete", "dpd", "lifetime", "names",
    ]

    static func octets(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }
}

@Suite("Messages (families R1, R2 and R3 at the decoder)")
struct MessageTests {
    @Test("what is read is written back octet for octet", arguments: MessageSeeds.names)
    func roundTrip(name: String) throws {
        let octets = try MessageSeeds.octets(name)
        let message = try Message(decoding: octets)
        #expect(try Message(header: message.header, payloads: message.payloads).encode() == octets)
    }

    @Test("a message cut or lengthened anywhere is refused", arguments: MessageSeeds.names)
    func lengths(name: String) throws {
        let octets = try MessageSeeds.octets(name)
        for count in 0..<octets.count {
            #expect(throws: MessageError.self) { try Message(decoding: Array(octets.prefix(count))) }
            var shorter = Array(octets.prefix(count))
            guard count >= MessageHeader.size else { continue }
            shorter.replaceSubrange(24..<28, with: UInt32(count).octets)
            #expect(throws: MessageError.self) { try Message(decoding: shorter) }
        }
        let mismatch = MessageError(
            .header, .lengthMismatch(header: UInt32(octets.count), datagram: octets.count + 1))
        #expect(throws: mismatch) { try Message(decoding: octets + [0]) }
    }

    @Test("only major version 1 is read", arguments: UInt8(0)..<16)
    func versions(major: UInt8) throws {
        var octets = try MessageSeeds.octets("main1")
        octets[17] = major << 4 | 5
        if major == 1 {
            #expect(try Message(decoding: octets).header.minorVersion == 5)
        } else {
            #expect(throws: MessageError(.header, .majorVersion(major, expected: 1))) {
                try Message(decoding: octets)
            }
        }
    }

    @Test("all flags but encryption leave a message readable")
    func flags() throws {
        for flags in UInt8.min...UInt8.max {
            var octets = try MessageSeeds.octets("main1")
            octets[19] = flags
            if flags & 1 == 0 {
                #expect(try Message(decoding: octets).header.flags.rawValue == flags)
            } else {
                #expect(throws: MessageError(.header, .encryption(expected: false))) {
                    try Message(decoding: octets)
                }
            }
        }
    }

    @Test("no octet, whatever its value, does harm or is lost on the way back", arguments: MessageSeeds.names)
    func mutations(name: String) throws {
        let octets = try MessageSeeds.octets(name)
        for position in octets.indices {
            for value in [0, 1, 2, 3, 0x7f, 0x80, 0xff, octets[position] ^ 1] as [UInt8] {
                var changed = octets
                changed[position] = value
                #expect(MessageWalk.clear(changed) == nil)
                #expect(MessageWalk.decrypted(Array(changed[16..<17] + changed[28...])) == nil)
            }
        }
    }

    @Test(
        "every payload type with every small body is an error or comes back", arguments: UInt8(1)...UInt8.max)
    func everyType(type: UInt8) {
        for size in 0...40 {
            for octet in [0, 1, 0xff] as [UInt8] {
                let length = UInt16(size + 4).octets
                #expect(
                    MessageWalk.decrypted([type, 0, 0] + length + Array(repeating: octet, count: size)) == nil
                )
            }
        }
    }

    @Test("payloads removed, doubled or swapped are reported as they came", arguments: MessageSeeds.names)
    func reordered(name: String) throws {
        let message = try Message(decoding: try MessageSeeds.octets(name))
        for index in message.payloads.indices {
            var removed = message.payloads
            removed.remove(at: index)
            var doubled = message.payloads
            doubled.insert(doubled[index], at: index)
            var swapped = message.payloads
            swapped.swapAt(0, index)
            for payloads in [removed, doubled, swapped] {
                let octets = try Message(header: message.header, payloads: payloads).encode()
                #expect(try Message(decoding: octets).payloads == payloads)
            }
        }
    }

    @Test("what a hash covers is exactly what was received, reserved bits and all, without padding")
    func octetsAfterHash() throws {
        let octets = try MessageSeeds.octets("dpd")
        var body = Array(octets.dropFirst(MessageHeader.size))
        body[25] = 0x5a
        let header = try Message.header(of: octets)
        let message = try Message(header: header, decrypted: body + [0, 0, 0])
        #expect(try message.octetsAfterHash() == Array(body.dropFirst(24)))
        var changed = message
        changed.payloads.removeLast()
        #expect(try changed.octetsAfterHash() == [])
        changed.payloads.removeFirst()
        #expect(try changed.octetsAfterHash() == nil)
    }

    @Test(
        "nonces have 8 to 256 octets",
        arguments: [(0, false), (7, false), (8, true), (256, true), (257, false)])
    func nonces(size: Int, isGood: Bool) {
        let nonce = Array(repeating: 1 as UInt8, count: size)
        #expect((try? Payload(type: .nonce, body: nonce.span)) == (isGood ? .nonce(nonce) : nil))
    }

    @Test("an SA payload of another domain or situation, or without proposals, says so")
    func securityAssociation() {
        let cases: [([UInt8], MessageError.Reason)] = [
            ([0, 0, 0, 2, 0, 0, 0, 1], .domainOfInterpretation(2)),
            ([0, 0, 0, 1, 0, 0, 0, 2], .situation(2)),
            ([0, 0, 0, 1, 0, 0, 0, 1], .content("no proposal, expected at least one")),
            (
                [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 8, 1, 1, 0, 0],
                .content("proposal 1 has no transform, expected at least one")
            ),
        ]
        for (body, reason) in cases {
            #expect(throws: MessageError(.payload(.securityAssociation), reason)) {
                try SecurityAssociationPayload(body: body.span)
            }
        }
    }

    @Test("a delete payload that lies about its SPIs is refused")
    func delete() throws {
        let good: [UInt8] = [0, 0, 0, 1, 3, 4, 0, 1, 9, 9, 9, 9]
        #expect(try DeletePayload(body: good.span).spis == [[9, 9, 9, 9]])
        for (position, value) in [(5, 0), (5, 5), (5, 3), (6, 255), (7, 0), (7, 2)] as [(Int, UInt8)] {
            var bad = good
            bad[position] = value
            #expect(throws: MessageError.self) { try DeletePayload(body: bad.span) }
        }
    }

    @Test("vendor IDs are known by their octets")
    func vendorIDs() {
        #expect(VendorID(VendorID.deadPeerDetection.octets.dropLast() + [7]).isDeadPeerDetection)
        #expect(!VendorID(Array(VendorID.deadPeerDetection.octets.dropLast())).isDeadPeerDetection)
        #expect(VendorID(VendorID.fragmentation.octets + [0x80, 0, 0, 0]).isFragmentation)
        #expect(VendorID([1, 0xab]).description == "unknown 01ab")
    }

    @Test("notification names are the RFC's")
    func notifications() {
        #expect(NotificationType.noProposalChosen.description == "NO-PROPOSAL-CHOSEN")
        #expect(NotificationType.unequalPayloadLengths.description == "UNEQUAL-PAYLOAD-LENGTHS")
        #expect(NotificationType.initialContact.description == "INITIAL-CONTACT")
        #expect(NotificationType(rawValue: 4242).description == "notification 4242")
        #expect(NotificationType.authenticationFailed.isError && !NotificationType.connected.isError)
    }
}
