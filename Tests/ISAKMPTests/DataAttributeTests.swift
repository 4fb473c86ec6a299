import Testing
import Wire

@testable import ISAKMP

@Suite("Data attributes")
struct DataAttributeTests {
    @Test("both shapes are read and written back")
    func shapes() throws {
        let octets: [UInt8] = [0x80, 1, 0, 7, 0, 12, 0, 4, 0, 0, 0x70, 0x80, 0, 9, 0, 0]
        let attributes = try DataAttribute.readAll(octets.span)
        #expect(
            attributes == [
                DataAttribute(1, .basic(7)), DataAttribute(12, .variable([0, 0, 0x70, 0x80])),
                DataAttribute(9, .variable([])),
            ])
        #expect(attributes.map(\.number) == [7, 28800, nil])
        var writer = ByteWriter()
        for attribute in attributes { try attribute.write(to: &writer) }
        #expect(writer.bytes == octets)
    }

    @Test(
        "numbers take the shape they need",
        arguments: [
            (0, DataAttribute.Value.basic(0)), (65535, .basic(65535)), (65536, .variable([0, 1, 0, 0])),
            (0xffff_ffff, .variable([255, 255, 255, 255])),
            (0x1_0000_0000, .variable([0, 0, 0, 1, 0, 0, 0, 0])),
        ] as [(UInt64, DataAttribute.Value)])
    func numbers(number: UInt64, value: DataAttribute.Value) {
        let attribute = DataAttribute(12, number: number)
        #expect(attribute.value == value)
        #expect(attribute.number == number)
    }

    @Test("more than 64 bits is no number, leading zeros do not count")
    func wide() {
        #expect(DataAttribute(12, .variable(Array(repeating: 1, count: 9))).number == nil)
        #expect(DataAttribute(12, .variable(Array(repeating: 0, count: 20) + [5])).number == 5)
    }

    @Test(
        "what is cut short is refused where it starts", arguments: [[0x80], [0x80, 1, 0], [0, 1, 0, 2, 9]])
    func truncated(octets: [UInt8]) {
        #expect(throws: ChainError.self) { try DataAttribute.readAll(octets.span) }
    }

    @Test("more attributes than the limit are refused")
    func many() {
        let octets = Array(repeating: [0x80, 1, 0, 7] as [UInt8], count: 65).flatMap(\.self)
        #expect(throws: ChainError.tooMany(limit: 64, at: 256)) { try DataAttribute.readAll(octets.span) }
    }
}
