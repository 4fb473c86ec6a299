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

    @Test("types, bodies, reserved bits and positions are as received, and are written back")
    func order() throws {
        let chain = try read(Self.two)
        #expect(chain.elements.map(\.type) == [4, 10])
        #expect(chain.elements.map(\.body) == [[0xaa, 0xbb], [0xcc]])
        #expect(chain.elements.map(\.reserved) == [0, 0x80])
        #expect(chain.elements.map(\.offset) == [0, 6])
        #expect(chain.readLength == 11)
        var writer = ByteWriter()
        try chain.write(to: &writer)
        #expect(writer.bytes == Self.two)
    }

    @Test("every type can come first", arguments: UInt8(1)...UInt8.max)
    func everyType(type: UInt8) throws {
        let chain = try read([0, 0, 0, 5, 1], first: type)
        #expect(chain.elements == [PayloadChain.Element(type: type, body: [1])])
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
        let chain = PayloadChain((0..<101).map { _ in PayloadChain.Element(type: 13, body: []) })
        var writer = ByteWriter()
        try chain.write(to: &writer)
        #expect(throws: ChainError.tooMany(limit: 100, at: 400)) { try read(writer.bytes, first: 13) }
        var fewer = ByteWriter()
        try PayloadChain(Array(chain.elements.dropLast())).write(to: &fewer)
        #expect(try read(fewer.bytes, first: 13).elements.count == 100)
    }

    @Test("a body that no length can say is not written")
    func tooLong() {
        let chain = PayloadChain([PayloadChain.Element(type: 4, body: Array(repeating: 0, count: 65532))])
        #expect(throws: WireError.fieldOverflow(value: 65536, maximum: 65535)) {
            var writer = ByteWriter()
            try chain.write(to: &writer)
        }
    }
}
