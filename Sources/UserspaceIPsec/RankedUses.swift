/// What is in use, how often, and the best rank it ever had, in the order of that rank.
///
/// A rank is never worse than what is there; it may be better, of something that is gone.
struct RankedUses<Item: Hashable & Sendable>: Sendable {
    struct Use: Sendable {
        let item: Item
        var best: SelectorRank
        var count: Int
    }

    /// Few: lengths of prefixes, forms of selectors.
    private(set) var inOrder: [Use] = []

    mutating func add(_ item: Item, _ rank: SelectorRank) {
        guard let index = inOrder.firstIndex(where: { $0.item == item }) else {
            insert(Use(item: item, best: rank, count: 1))
            return
        }
        inOrder[index].count += 1
        guard rank < inOrder[index].best else { return }
        var use = inOrder.remove(at: index)
        use.best = rank
        insert(use)
    }

    mutating func remove(_ item: Item) {
        guard let index = inOrder.firstIndex(where: { $0.item == item }) else { return }
        inOrder[index].count -= 1
        if inOrder[index].count == 0 { inOrder.remove(at: index) }
    }

    private mutating func insert(_ use: Use) {
        inOrder.insert(use, at: inOrder.firstIndex { use.best < $0.best } ?? inOrder.endIndex)
    }
}
