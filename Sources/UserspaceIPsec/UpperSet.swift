import HashTreeCollections
import IPsec

/// The selectors from one network to another, which differ in what they ask for of the upper layer, or in rank alone.
enum UpperSet<Value: Sendable>: Sendable {
    case one(SelectorEntry<Value>)
    case few(SelectorRow<Value>)
    case many(UpperPatterns<Value>)

    /// Adds an entry of another rank than the others have.
    mutating func insert(_ entry: SelectorEntry<Value>) {
        switch self {
        case .one(let other): self = .few(SelectorRow(other, entry))
        case .few(var row):
            guard row.isFull else {
                row.insert(entry)
                self = .few(row)
                return
            }
            var patterns = UpperPatterns<Value>()
            for entry in row.entries + [entry] { patterns.insert(entry) }
            self = .many(patterns)
        case .many(var patterns):
            patterns.insert(entry)
            self = .many(patterns)
        }
    }

    /// Without the entry of a rank; nil if nothing is left.
    func removing(_ selector: Selector, _ rank: SelectorRank) -> UpperSet? {
        switch self {
        case .one(let entry): return entry.rank == rank ? nil : self
        case .few(var row):
            row.remove(rank)
            return row.isEmpty ? nil : .few(row)
        case .many(var patterns):
            patterns.remove(UpperPattern(selector), rank)
            return patterns.isEmpty ? nil : .many(patterns)
        }
    }

    @inline(__always)
    func improve(_ found: inout SelectorFinding<Value>, _ probe: SelectorProbe) {
        switch self {
        case .one(let entry): found.consider(entry, probe)
        case .few(let row): row.improve(&found, probe)
        case .many(let patterns): patterns.improve(&found, probe)
        }
    }
}

/// Many selectors from one network to another, by what they ask for.
struct UpperPatterns<Value: Sendable>: Sendable {
    private typealias Ranked = RadixTree<SelectorEntry<Value>>

    /// Which bits count for some selector: at most eight kinds, as each of three things is asked for or not.
    private var masks = RankedUses<UpperPattern.Bits>()
    private var entries: TreeDictionary<UpperPattern, Ranked> = [:]

    var isEmpty: Bool { entries.isEmpty }

    mutating func insert(_ entry: SelectorEntry<Value>) {
        masks.add(entry.upper.mask, entry.rank)
        var ranked = entries[entry.upper] ?? Ranked()
        ranked.update(RadixKey(entry.rank.order)) { _ in entry }
        entries[entry.upper] = ranked
    }

    mutating func remove(_ pattern: UpperPattern, _ rank: SelectorRank) {
        guard var ranked = entries[pattern] else { return }
        var isThere = false
        ranked.update(RadixKey(rank.order)) { entry in
            isThere = entry != nil
            return nil
        }
        guard isThere else { return }
        masks.remove(pattern.mask)
        entries[pattern] = ranked.isEmpty ? nil : ranked
    }

    func improve(_ found: inout SelectorFinding<Value>, _ probe: SelectorProbe) {
        for use in masks.inOrder {
            guard use.best < found.rank else { return }
            let pattern = UpperPattern(bits: probe.upper & use.item, mask: use.item)
            if let entry = entries[pattern]?.first { found.take(entry) }
        }
    }
}
