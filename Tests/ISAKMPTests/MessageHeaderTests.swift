import Testing
import Wire

@testable import ISAKMP

@Suite("Message header (family R1)")
struct MessageHeaderTests {
    private static let octets: [UInt8] =
        Array(1...16) + [1, 0x10, 2, 0, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0x01, 0x02]

    @Test("fields stand where RFC 2408 section 3.1 puts them")
    func fields() throws {
        let header = try MessageHeader(of: Self.octets)
        #expect(header.initiatorCookie == 0x0102_0304_0506_0708)
        #expect(header.responderCookie == 0x090a_0b0c_0d0e_0f10)
        #expect(header.nextPayload == 1)
        #expect(header.majorVersion == 1 && header.minorVersion == 0)
        #expect(header.exchangeType == .identityProtection)
        #expect(header.messageID == 0xdead_beef)
        #expect(header.length == 0x102)
    }

    @Test("anything shorter is refused", arguments: 0..<28)
    func short(count: Int) {
        #expect(throws: WireError.truncated(needed: 28, available: count)) {
            try MessageHeader(of: Array(Self.octets.prefix(count)))
        }
    }

    @Test("every version, exchange type and flag octet is kept", arguments: [17, 18, 19])
    func openFields(position: Int) throws {
        for value in UInt8.min...UInt8.max {
            var octets = Self.octets
            octets[position] = value
            var writer = ByteWriter()
            try MessageHeader(of: octets).write(to: &writer)
            #expect(writer.bytes == octets)
        }
    }

    @Test("exchange types have names, known or not")
    func names() {
        #expect(ExchangeType.quickMode.description == "quick mode")
        #expect(ExchangeType(rawValue: 240).description == "exchange type 240")
    }
}
