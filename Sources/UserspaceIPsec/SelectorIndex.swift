import ESP
import IPsec

/// Values under selectors, of which the first in rank that selects a packet is found without looking at the others.
///
/// A tree over the destination prefixes leads to all that hold the packet's destination; under each of them stand the
/// selectors with that destination: a few in a row, many in a tree over their source prefixes. What cannot outrank what
/// has been found is not looked at. Copies share what is the same in them.
struct SelectorIndex<Value: Sendable>: Sendable {
    private var ipv4 = RadixTree<SourceSet<Value>>()
    private var ipv6 = RadixTree<SourceSet<Value>>()

    var isEmpty: Bool { ipv4.isEmpty && ipv6.isEmpty }

    /// Puts a value under a selector, instead of one of the same rank if there is one.
    mutating func insert(_ value: Value, _ selector: Selector, _ rank: SelectorRank) {
        let entry = SelectorEntry(value, selector, rank)
        change(selector) { set in
            guard var set else { return SourceSet(entry, selector) }
            set.insert(entry, selector)
            return set
        }
    }

    /// Takes away what was put under a selector with this rank; does nothing if there is none.
    mutating func remove(_ selector: Selector, _ rank: SelectorRank) {
        change(selector) { $0?.removing(selector, rank) }
    }

    private mutating func change(_ selector: Selector, _ change: (SourceSet<Value>?) -> SourceSet<Value>?) {
        // What goes from one family to the other selects nothing.
        guard selector.source.family == selector.destination.family else { return }
        switch selector.family {
        case .ipv4: ipv4.update(RadixKey(selector.destination), change)
        case .ipv6: ipv6.update(RadixKey(selector.destination), change)
        }
    }

    /// The value of lowest rank whose selector selects a packet.
    func first(for flow: PacketFlow) -> Value? {
        guard flow.source.family == flow.destination.family else { return nil }
        let probe = SelectorProbe(flow)
        var found = SelectorFinding<Value>()
        switch flow.destination.family {
        case .ipv4: ipv4.forEach(covering: flow.destination.leftAligned) { $0.improve(&found, probe) }
        case .ipv6: ipv6.forEach(covering: flow.destination.leftAligned) { $0.improve(&found, probe) }
        }
        return found.entry?.value
    }
}

/// The best that a search has come upon so far.
struct SelectorFinding<Value: Sendable> {
    private(set) var rank = SelectorRank.last
    private(set) var entry: SelectorEntry<Value>?

    /// Takes an entry that ranks before what was found and selects the packet.
    @inline(__always)
    mutating func consider(_ entry: SelectorEntry<Value>, _ probe: SelectorProbe) {
        guard entry.rank < rank, entry.selects(probe) else { return }
        rank = entry.rank
        self.entry = entry
    }

    /// Takes an entry that ranks before what was found, and is known to select the packet.
    mutating func take(_ entry: SelectorEntry<Value>) {
        guard entry.rank < rank else { return }
        rank = entry.rank
        self.entry = entry
    }
}

extension RadixKey {
    init(_ prefix: IPPrefix) {
        self.init(prefix.address.leftAligned, length: prefix.length)
    }
}

extension IPAddress {
    /// The number with the first bit of the address as its first.
    @inline(__always)
    var leftAligned: UInt128 { family == .ipv4 ? value &<< 96 : value }
}
