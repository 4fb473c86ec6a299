import ESP
import IPsec
import Testing

@testable import UserspaceIPsec

/// Policies of every kind of selector, held against a walk of the list.
@Suite struct SelectorIndexTests {
    /// Few values, so that selectors meet, nest and hit.
    private struct Generator {
        var random = SystemRandomNumberGenerator()
        /// Whole networks and hosts alone, so that many selectors differ in the upper layer alone.
        var isCrowded = false

        mutating func prefix(_ family: AddressFamily) throws -> IPPrefix {
            let bits = family.addressBits
            let base: UInt128 = family == .ipv4 ? 0x0a00_0000 : 0x2001_0db8 << 96
            let address = IPAddress(
                family: family, value: base | UInt128(UInt8.random(in: 0...31, using: &random)))
            if isCrowded {
                return Int.random(in: 0..<9, using: &random) == 0 ? IPPrefix(host: address) : .any(family)
            }
            let lengths = [0, 8, bits - 8, bits - 5, bits - 4, bits - 3, bits - 2, bits - 1, bits]
            return try #require(IPPrefix(address, length: lengths.randomElement(using: &random) ?? 0))
        }

        mutating func selector() throws -> Selector {
            let family: AddressFamily = Bool.random(using: &random) ? .ipv4 : .ipv6
            // Families that do not fit together select nothing, and must not trouble the rest.
            let other: AddressFamily = Int.random(in: 0..<20, using: &random) == 0 ? .ipv4 : family
            return Selector(
                source: try prefix(other), destination: try prefix(family),
                upperProtocol: [0, 0, 6, 17, 58].randomElement(using: &random) ?? 0,
                sourcePort: [0, 0, 0, 1000].randomElement(using: &random) ?? 0,
                destinationPort: [0, 0, 2000, 53].randomElement(using: &random) ?? 0)
        }

        mutating func flow() throws -> PacketFlow {
            let family: AddressFamily = Bool.random(using: &random) ? .ipv4 : .ipv6
            let source = try prefix(family).address
            let destination = try prefix(family).address
            let number: UInt8 = [6, 17, 58, 50].randomElement(using: &random) ?? 6
            let port = [53, 2000, 3000].randomElement(using: &random) ?? UInt16(53)
            let upper: [UInt8] = [0x03, 0xe8, UInt8(port >> 8), UInt8(port & 0xff), 0, 8, 0, 0]
            var packet: [UInt8] = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, number, 0, 0]
            if family == .ipv6 { packet = [0x60, 0, 0, 0, 0, 8, number, 64] }
            packet += source.bytes + destination.bytes + upper
            return try PacketFlow(packet.span)
        }
    }

    private struct Row {
        let selector: Selector
        let rank: SelectorRank
    }

    private func naive(_ rows: [Row], _ flow: PacketFlow) -> SelectorRank? {
        rows.filter { $0.selector.selects(flow) }.map(\.rank).min()
    }

    @Test(arguments: [1, 2, 8, 60, 400], [false, true])
    func agreesWithAWalkOfTheListThroughChanges(_ count: Int, isCrowded: Bool) throws {
        var generator = Generator(isCrowded: isCrowded)
        var index = SelectorIndex<SelectorRank>()
        var rows: [Row] = []
        var found = 0
        for number in 0..<3 * count {
            let priority = UInt32.random(in: 1...4)
            let row = Row(
                selector: try generator.selector(),
                rank: SelectorRank(priority: priority, number: UInt64(number)))
            rows.append(row)
            index.insert(row.rank, row.selector, row.rank)
            // Goes up to `count`, then one goes for each that comes.
            if rows.count > count {
                let gone = rows.remove(at: .random(in: 0..<rows.count))
                index.remove(gone.selector, gone.rank)
            }
            for _ in 0..<4 {
                let flow = try generator.flow()
                let expected = naive(rows, flow)
                if expected != nil { found += 1 }
                #expect(index.first(for: flow) == expected)
            }
        }
        for row in rows { index.remove(row.selector, row.rank) }
        #expect(index.isEmpty)
        if count > 8 { #expect(found > 0) }
    }

    @Test func whatIsNotThereIsNotRemoved() throws {
        var generator = Generator()
        let selector = try generator.selector()
        var index = SelectorIndex<Int>()
        index.insert(7, selector, SelectorRank(priority: 1, number: 1))
        index.remove(selector, SelectorRank(priority: 1, number: 2))
        #expect(!index.isEmpty)
    }

    @Test func ofOneSelectorTheOlderWins() throws {
        let any = Selector(source: .any(.ipv4), destination: .any(.ipv4))
        var index = SelectorIndex<Int>()
        for number in [3, 1, 2] {
            index.insert(number, any, SelectorRank(priority: 5, number: UInt64(number)))
        }
        #expect(index.first(for: try PolicyTableTests.flow(1, 2)) == 1)
        index.remove(any, SelectorRank(priority: 5, number: 1))
        #expect(index.first(for: try PolicyTableTests.flow(1, 2)) == 2)
    }
}
