import Credentials
import IPsec
import ISAKMP
import TestSupport
import Testing
import Wire

@testable import IKEv2

@Suite("IKEv2 payloads")
struct PayloadTests {
    @Test("the selectors of RFC 7296 section 3.13 are read, and those that select nothing are kept apart")
    func trafficSelectors() throws {
        let message = try MessageTests.read(MessageSeeds.octets("auth"))
        let payloads = message.payloads.compactMap { payload in
            if case .trafficSelectors(let selectors, let side) = payload { (selectors, side) } else { nil }
        }
        #expect(payloads.map(\.1) == [.initiator, .responder])
        #expect(payloads[0].0.selectors.map(\.description) == ["10.0.0.0/24"])
        #expect(payloads[1].0.selectors.count == 2)
        #expect(payloads[1].0.selectors[0].description.contains("[80] proto 6"))
        // ICMP's type and code stand where ports would: echo request with any code.
        #expect(payloads[1].0.selectors[1].ports == 2048...2303)
        guard case .opaquePorts(let opaque) = payloads[1].0.elements[2] else {
            Issue.record("65535 to 0 is OPAQUE")
            return
        }
        #expect(opaque.description == "10.1.0.0/24 proto 17")
    }

    @Test(
        "ranges that end before they begin select nothing",
        arguments: [
            "01000000 07 00 0010 0000 ffff 0a000002 0a000001",
            "01000000 07 06 0010 0002 0001 0a000001 0a000001",
            "01000000 07 00 000c 0000 ffff 0a000001", "01000000 99 00 0010 0000 ffff 0a000001 0a000002",
        ])
    func unusable(hex: String) throws {
        let body = try #require(octets(hexadecimal: hex))
        let payload = try TrafficSelectorPayload(body: body.span, .initiatorTrafficSelectors)
        #expect(payload.selectors.isEmpty)
        #expect(payload.elements.count == 1)
        #expect(try Payload.trafficSelectors(payload, .initiator).body() == body)
    }

    @Test(
        "a count of selectors that is wrong is refused",
        arguments: [
            "00000000", "02000000 07 00 0010 0000 ffff 0a000001 0a000002",
            "00000000 07 00 0010 0000 ffff 0a000001 0a000002", "01000000 07 00 0003",
        ])
    func counts(hex: String) throws {
        let body = try #require(octets(hexadecimal: hex))
        #expect(throws: MessageError.self) {
            try TrafficSelectorPayload(body: body.span, .initiatorTrafficSelectors)
        }
    }

    @Test("a delete of the IKE SA names no SPI, one of children names SPIs of four octets")
    func deletes() throws {
        for (body, payload) in [
            ([1, 0, 0, 0], .ikeSA),
            ([3, 4, 0, 2, 0, 0, 1, 0, 0, 0, 2, 0], .children(.esp, [SPI(0x100), SPI(0x200)])),
            ([2, 4, 0, 0], .children(.ah, [])),
        ] as [([UInt8], DeletePayload)] {
            #expect(try DeletePayload(body: body.span) == payload)
        }
        for bad in [
            [1, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8], [3, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8],
            [3, 4, 0, 2, 0, 0, 1, 0],
            [4, 2, 0, 1, 1, 1], [0, 0, 0, 0], [3, 4, 0],
        ] as [[UInt8]] {
            #expect(throws: MessageError.self, "\(bad)") { try DeletePayload(body: bad.span) }
        }
    }

    @Test(
        "identities go out and come back",
        arguments: [
            .fqdn("gate.example.org"), .userFQDN("a@example.org"), .keyID([0, 1, 255]),
            .distinguishedName([0x30, 0]),
            .other(type: 10, content: [1]),
        ] as [Identity])
    func identities(identity: Identity) throws {
        let payload = IdentificationPayload(identity)
        let body = payload.body
        let again = try IdentificationPayload(body: body.span, .initiatorIdentification)
        #expect(again.identity == identity)
    }

    @Test("addresses of a wrong size and empty identities are refused")
    func badIdentities() {
        for bad in [
            [1, 0, 0, 0, 1, 2, 3], [5, 0, 0, 0, 1, 2, 3, 4], [2, 0, 0, 0], [11, 0, 0, 0], [2, 0],
        ] as [[UInt8]] {
            #expect(throws: MessageError.self, "\(bad)") {
                try IdentificationPayload(body: bad.span, .responderIdentification)
            }
        }
    }

    @Test("reserved octets of an identification are kept, since AUTH covers them")
    func reservedOctets() throws {
        let body: [UInt8] = [2, 7, 8, 9, 0x61]
        #expect(try IdentificationPayload(body: body.span, .initiatorIdentification).body == body)
    }

    @Test("a name that is no UTF-8 stays what it was")
    func brokenName() throws {
        let body: [UInt8] = [2, 0, 0, 0, 0xff]
        let payload = try IdentificationPayload(body: body.span, .initiatorIdentification)
        #expect(payload.identity == .other(type: 2, content: [0xff]))
    }

    @Test("a nonce has 16 to 256 octets", arguments: [0, 15, 16, 256, 257])
    func nonces(count: Int) {
        let body = Array(repeating: 1 as UInt8, count: count)
        let payload = try? Payload(.nonce, body: body.span)
        #expect((payload != nil) == (16...256).contains(count))
    }

    @Test("transforms keep their type, number and key length")
    func transforms() throws {
        let message = try Message(decoding: MessageSeeds.octets("init"))
        guard case .securityAssociation(let payload)? = message.payloads.first else {
            Issue.record("the first payload is SA")
            return
        }
        #expect(payload.proposals.map(\.transforms.count) == [7, 3])
        #expect(payload.proposals[1].transforms[0] == .init(.encryption, 20, keyBits: 128))
        #expect(payload.proposals[0].transforms[4] == .init(.keyExchange, 31))
    }

    @Test("configuration attributes beyond the limit and unknown kinds are refused")
    func configuration() throws {
        let many = ConfigurationPayload(
            .request, Array(repeating: .init(.internalIPv4Address), count: ConfigurationPayload.maximumCount))
        let body = try Payload.configuration(many).body()
        #expect(try ConfigurationPayload(body: body.span) == many)
        for bad in [body + [0, 1, 0, 0], [9, 0, 0, 0]] {
            #expect(throws: MessageError.self) { try ConfigurationPayload(body: bad.span) }
        }
    }
}

extension Payload {
    /// The octets after the generic header.
    func body() throws -> [UInt8] {
        var writer = ByteWriter()
        try write(to: &writer)
        return writer.bytes
    }
}
