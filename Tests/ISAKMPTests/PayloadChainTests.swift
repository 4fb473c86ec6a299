import Testing
import Wire

@testable import ISAKMP

@Suite("Payload chain (family R2)")
struct PayloadChainTests {
    private static let two: [UInt8] = [10, 0, 0, 6, 0xaa, 0xbb, 0, 0x80, 0, 5, 0xcc]

    private func read(_ octets: [UInt8], first: UInt8 = 4, allowsPadding: Bool = false) throws -> PayloadChain
    {
        try PayloadChain(reading: octets.span, first: first, allowsPadding: allowsPadding)
    }

    /// Payloads of a type and a body each, as they stand in a message.
    private func written(_ payloads: [(type: UInt8, reserved: UInt8, body: [UInt8])]) throws -> [UInt8] {
        var writer = ByteWriter()
        for (index, payload) in payloads.enumerated() {
            let next = index + 1 < payloads.count ? payloads[index + 1].type : 0
            let start = GenericHeader.begin(next: next, reserved: payload.reserved, to: &writer)
            writer.put(payload.body)
            try GenericHeader.end(start, to: &writer)
        }
        return writer.bytes
    }

    @Test("types, bodies, reserved bits and positions are as received, and are written back")
    func order() throws {
        let chain = try read(Self.two)
        #expect(chain.elements.map(\.type) == [4, 10])
        #expect(chain.elements.map(\.body) == [4..<6, 10..<11])
        #expect(chain.elements.map { Array(Self.two[$0.body]) } == [[0xaa, 0xbb], [0xcc]])
        #expect(chain.elements.map(\.reserved) == [0, 0x80])
        #expect(chain.readLength == 11)
        #expect(try written([(4, 0, [0xaa, 0xbb]), (10, 0x80, [0xcc])]) == Self.two)
    }

    @Test("every type can come first", arguments: UInt8(1)...UInt8.max)
    func everyType(type: UInt8) throws {
        let chain = try read([0, 0, 0, 5, 1], first: type)
        #expect(chain.elements.map(\.type) == [type])
        #expect(chain.elements.map(\.body) == [4..<5])
    }

    @Test(
        "a length below the header's own is refused, so that no chain stands still", arguments: [0, 1, 2, 3])
    func shortLength(length: Int) {
        #expect(throws: ChainError.lengthTooShort(type: 4, length: length, at: 0)) {
            try read([4, 0, 0, UInt8(length), 0, 0, 0, 0])
        }
    }

    @Test("a length past the end is refused", arguments: [9, 255, 0x1234, 0xffff])
    func overrun(length: Int) {
        #expect(throws: ChainError.overrun(type: 4, length: length, available: 8, at: 0)) {
            try read([0, 0, UInt8(length >> 8), UInt8(length & 0xff), 0, 0, 0, 0])
        }
    }

    @Test("a chain cut anywhere is refused", arguments: 0..<11)
    func truncated(count: Int) {
        #expect(throws: ChainError.self) { try read(Array(Self.two.prefix(count))) }
    }

    @Test("octets after the last payload are an error in clear and padding after decryption")
    func trailing() throws {
        #expect(throws: ChainError.trailing(count: 3, at: 11)) { try read(Self.two + [0, 0, 0]) }
        #expect(throws: ChainError.trailing(count: 1, at: 0)) { try read([0], first: 0) }
        #expect(try read(Self.two + [1, 2, 3], allowsPadding: true).readLength == 11)
    }

    @Test("a hundred payloads are read, one more is not")
    func many() throws {
        let more = try written(Array(repeating: (13, 0, []), count: 101))
        #expect(throws: ChainError.tooMany(limit: 100, at: 400)) { try read(more, first: 13) }
        let most = try written(Array(repeating: (13, 0, []), count: 100))
        #expect(try read(most, first: 13).elements.count == 100)
    }

    @Test("a body that no length can say is not written")
    func tooLong() {
        #expect(throws: WireError.fieldOverflow(value: 65536, maximum: 65535)) {
            try written([(4, 0, Array(repeating: 0, count: 65532))])
        }
    }
}
