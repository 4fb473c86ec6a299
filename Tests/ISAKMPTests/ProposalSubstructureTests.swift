import Testing
import Wire

@testable import ISAKMP

@Suite("Proposals and transforms (family R4)")
struct ProposalSubstructureTests {
    private static let transform = TransformSubstructure(
        head: 0x0107_0000, attributes: [DataAttribute(1, .basic(7))])

    private func written(_ proposals: [ProposalSubstructure]) throws -> [UInt8] {
        var writer = ByteWriter()
        try ProposalSubstructure.write(proposals, to: &writer)
        return writer.bytes
    }

    private func proposal(spi: Int = 4, transforms: Int = 1) -> ProposalSubstructure {
        ProposalSubstructure(
            number: 1, protocolID: 3, spi: Array(repeating: 9, count: spi),
            transforms: Array(repeating: Self.transform, count: transforms))
    }

    @Test("what is written is read again", arguments: [(0, 0), (1, 1), (4, 255), (255, 3)])
    func roundTrip(spi: Int, transforms: Int) throws {
        let proposals = [proposal(spi: spi, transforms: transforms), proposal()]
        let octets = try written(proposals)
        #expect(try ProposalSubstructure.readAll(octets.span) == proposals)
    }

    @Test("every cut is refused")
    func truncated() throws {
        let octets = try written([proposal(transforms: 2), proposal()])
        for count in 1..<octets.count {
            #expect(throws: ChainError.self) {
                try ProposalSubstructure.readAll(Array(octets.prefix(count)).span)
            }
        }
    }

    @Test("the announced number of transforms must be there", arguments: [0, 2, 255] as [UInt8])
    func count(announced: UInt8) throws {
        var octets = try written([proposal()])
        octets[7] = announced
        #expect(throws: ChainError.transformCount(announced: Int(announced), found: 1, at: 12)) {
            try ProposalSubstructure.readAll(octets.span)
        }
    }

    @Test("an SPI that runs past the proposal is refused")
    func spiSize() throws {
        var octets = try written([proposal()])
        octets[6] = 255
        #expect(throws: ChainError.wire(.truncated(needed: 255, available: 16), at: 8)) {
            try ProposalSubstructure.readAll(octets.span)
        }
    }

    @Test("only another proposal can follow a proposal", arguments: [1, 3, 4, 255] as [UInt8])
    func next(value: UInt8) throws {
        var octets = try written([proposal(), proposal()])
        octets[0] = value
        #expect(throws: ChainError.unexpectedNext(found: value, expected: 2, at: 0)) {
            try ProposalSubstructure.readAll(octets.span)
        }
    }

    @Test("255 proposals of 255 transforms are bounded, not believed")
    func flood() throws {
        let many = try written(Array(repeating: proposal(transforms: 0), count: 255))
        #expect(throws: ChainError.tooMany(limit: 64, at: 64 * 12)) {
            try ProposalSubstructure.readAll(many.span)
        }
        let wide = try written(Array(repeating: proposal(transforms: 255), count: 10))
        #expect(throws: ChainError.self) { try ProposalSubstructure.readAll(wide.span) }
    }

    @Test("more than 255 transforms are not written")
    func tooMany() {
        #expect(throws: WireError.fieldOverflow(value: 256, maximum: 255)) {
            try written([proposal(transforms: 256)])
        }
    }
}
