import Testing

@testable import UserspaceIPsec

@Suite struct RadixTreeTests {
    private static func key(_ bits: UInt128, _ length: Int) -> RadixKey {
        RadixKey(length == 0 ? 0 : bits & .max << UInt128(128 - length), length: length)
    }

    /// Keys that share long beginnings, and some that share none.
    private static func random() -> RadixKey {
        let few = UInt128(UInt8.random(in: 0...63)) << UInt128([122, 118, 96, 60, 6, 0].randomElement() ?? 0)
        let bits = [few, few | 0x0a << 120, .random(in: 0 ... .max)].randomElement() ?? few
        return key(bits, [0, 1, 5, 6, 7, 8, 12, 24, 32, 64, 125, 126, 127, 128].randomElement() ?? 0)
    }

    @Test(arguments: [1, 5, 40, 600]) func itHoldsWhatADictionaryHolds(_ count: Int) {
        var tree = RadixTree<Int>()
        var all: [RadixKey: Int] = [:]
        var former: (tree: RadixTree<Int>, all: [RadixKey: Int])?
        for number in 0..<4 * count {
            let key = all.count > count ? all.keys.randomElement() ?? Self.random() : Self.random()
            let value = all.count > count ? nil : number
            var told: Int?
            tree.update(key) { former in
                told = former
                return value
            }
            #expect(told == all[key])
            all[key] = value
            if number == 2 * count { former = (tree, all) }
            expectAgreement(tree, all, at: Self.random().bits)
        }
        // A copy does not see what happens to the other.
        if let former { for _ in 0..<20 { expectAgreement(former.tree, former.all, at: Self.random().bits) } }
        for key in all.keys { tree.update(key) { _ in nil } }
        #expect(tree.isEmpty)
    }

    private func expectAgreement(_ tree: RadixTree<Int>, _ all: [RadixKey: Int], at bits: UInt128) {
        var found: [Int] = []
        tree.forEach(covering: bits) { found.append($0) }
        let expected = all.filter { Self.key(bits, $0.key.length) == $0.key }.sorted {
            $0.key.length < $1.key.length
        }
        #expect(found == expected.map(\.value))
    }

    @Test func theLowestComesFirst() {
        var tree = RadixTree<UInt128>()
        var numbers = Set((0..<300).map { UInt128.random(in: 0...1 << 20) << UInt128(40 * ($0 % 2)) })
        for number in numbers { tree.update(RadixKey(number)) { _ in number } }
        while let first = tree.first {
            #expect(first == numbers.min())
            numbers.remove(first)
            tree.update(RadixKey(first)) { _ in nil }
        }
        #expect(numbers.isEmpty)
    }
}
