import IPsec

/// The selectors to one destination network.
struct SourceSet<Value: Sendable>: Sendable {
    typealias Entry = SelectorEntry<Value>

    private enum Contents: Sendable {
        case one(Entry)
        case few(SelectorRow<Value>)
        case many(RadixTree<UpperSet<Value>>)
    }

    /// No worse than that of any selector here; it may be that of one that is gone.
    private var best: SelectorRank
    private var contents: Contents

    init(_ entry: Entry, _ selector: Selector) {
        best = entry.rank
        contents = .one(entry)
    }

    /// Adds an entry, instead of one of the same rank.
    mutating func insert(_ entry: Entry, _ selector: Selector) {
        guard let rest = removing(selector, entry.rank) else {
            self = SourceSet(entry, selector)
            return
        }
        best = min(rest.best, entry.rank)
        switch rest.contents {
        case .one(let other): contents = .few(SelectorRow(other, entry))
        case .few(var row):
            guard row.isFull else {
                row.insert(entry)
                contents = .few(row)
                return
            }
            var tree = RadixTree<UpperSet<Value>>()
            for entry in row.entries + [entry] { Self.insert(entry, into: &tree) }
            contents = .many(tree)
        case .many(var tree):
            Self.insert(entry, into: &tree)
            contents = .many(tree)
        }
    }

    /// Without the entry of a rank; nil if nothing is left.
    func removing(_ selector: Selector, _ rank: SelectorRank) -> SourceSet? {
        var rest = self
        switch contents {
        case .one(let entry):
            if entry.rank == rank { return nil }
        case .few(var row):
            row.remove(rank)
            rest.best = row.best
            rest.contents = .few(row)
            return row.isEmpty ? nil : rest
        case .many(var tree):
            tree.update(RadixKey(selector.source)) { $0?.removing(selector, rank) }
            rest.contents = .many(tree)
            return tree.isEmpty ? nil : rest
        }
        return rest
    }

    private static func insert(_ entry: Entry, into tree: inout RadixTree<UpperSet<Value>>) {
        tree.update(entry.sourceKey) { set in
            guard var set else { return .one(entry) }
            set.insert(entry)
            return set
        }
    }

    @inline(__always)
    func improve(_ found: inout SelectorFinding<Value>, _ probe: SelectorProbe) {
        guard best < found.rank else { return }
        switch contents {
        case .one(let entry): found.consider(entry, probe)
        case .few(let row): row.improve(&found, probe)
        case .many(let tree): tree.forEach(covering: probe.source) { $0.improve(&found, probe) }
        }
    }
}
