import ESP
import IPsec

/// Values under selectors, of which the first in rank that selects a packet is found without looking at the others.
///
/// A packet's destination is looked up once per length of the destination prefixes in use; under a prefix that holds
/// it, the rest of the packet once per form of the selectors there (length of the source prefix; protocol and ports
/// asked for or not). Neither lookup depends on how many selectors there are. Lengths and forms are tried in the order
/// of the best rank they ever held, so that one that cannot win is not tried.
struct SelectorIndex<Value: Sendable>: Sendable {
    /// A value and its selector.
    final class Entry: Sendable {
        let selector: Selector
        let rank: SelectorRank
        let value: Value

        init(_ selector: Selector, _ rank: SelectorRank, _ value: Value) {
            self.selector = selector
            self.rank = rank
            self.value = value
        }
    }

    private enum Destination: Sendable {
        case one(Entry)
        case many(SelectorForms<Value>)
    }

    private var lengths = RankedUses<DestinationLength>()
    private var destinations: [NetworkKey: Destination] = [:]

    var isEmpty: Bool { destinations.isEmpty }

    /// Puts a value under a selector, instead of one of the same rank if there is one.
    mutating func insert(_ entry: Entry) {
        remove(entry.selector, entry.rank)
        let network = entry.selector.destination
        lengths.add(DestinationLength(network.family, network.length), entry.rank)
        let key = NetworkKey(network)
        switch destinations[key] {
        case nil: destinations[key] = .one(entry)
        case .one(let other):
            var forms = SelectorForms<Value>()
            forms.insert(other)
            forms.insert(entry)
            destinations[key] = .many(forms)
        case .many(var forms):
            destinations[key] = nil
            forms.insert(entry)
            destinations[key] = .many(forms)
        }
    }

    /// Takes away what was put under a selector with this rank; does nothing if there is none.
    mutating func remove(_ selector: Selector, _ rank: SelectorRank) {
        let key = NetworkKey(selector.destination)
        switch destinations[key] {
        case nil: return
        case .one(let entry):
            guard entry.selector == selector, entry.rank == rank else { return }
            destinations[key] = nil
        case .many(var forms):
            guard forms.remove(selector, rank) else { return }
            destinations[key] = forms.isEmpty ? nil : .many(forms)
        }
        lengths.remove(DestinationLength(selector.destination.family, selector.destination.length))
    }

    /// The value of lowest rank whose selector selects a packet.
    func first(for flow: PacketFlow) -> Value? {
        var best: Entry?
        for use in lengths.inOrder where use.item.family == flow.destination.family {
            if let best, best.rank < use.best { break }
            switch destinations[NetworkKey(flow.destination, use.item.length)] {
            case nil: continue
            case .one(let entry):
                if entry.isBetter(than: best), entry.selector.selects(flow) { best = entry }
            case .many(let forms): forms.improve(&best, flow)
            }
        }
        return best?.value
    }
}

extension SelectorIndex.Entry {
    func isBetter(than other: SelectorIndex.Entry?) -> Bool {
        other.map { rank < $0.rank } ?? true
    }
}

/// Which of several values counts: that of the lowest priority number, of those the oldest.
struct SelectorRank: Hashable, Comparable, Sendable {
    let priority: UInt32
    /// Goes up with each policy that is made.
    let number: UInt64

    static func < (left: Self, right: Self) -> Bool {
        (left.priority, left.number) < (right.priority, right.number)
    }
}

/// A length of destination prefixes that is in use.
private struct DestinationLength: Hashable, Sendable {
    let family: AddressFamily
    let length: Int

    init(_ family: AddressFamily, _ length: Int) {
        self.family = family
        self.length = length
    }
}

/// A network as a key.
private struct NetworkKey: Hashable, Sendable {
    let length: Int
    let address: UInt128

    init(_ prefix: IPPrefix) {
        length = prefix.family == .ipv4 ? prefix.length : prefix.length + 256
        address = prefix.address.value
    }

    /// The network of `length` that holds an address.
    init(_ address: IPAddress, _ length: Int) {
        self.length = address.family == .ipv4 ? length : length + 256
        self.address = address.masked(length)
    }
}

extension IPAddress {
    /// The number with all but the first `length` bits cleared.
    func masked(_ length: Int) -> UInt128 {
        let hostBits = family.addressBits - length
        return hostBits >= 128 ? 0 : (value >> UInt128(hostBits)) << UInt128(hostBits)
    }
}
