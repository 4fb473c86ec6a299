import ESP
import IPsec

/// What selectors look at in a packet, in the form in which they are compared; the destination apart.
struct SelectorProbe {
    /// Left-aligned.
    let source: UInt128
    let upper: UpperPattern.Bits

    @inline(__always)
    init(_ flow: PacketFlow) {
        source = flow.source.leftAligned
        upper = UpperPattern.bits(flow)
    }
}

/// What a selector asks for of the upper layer, as bits to compare and which of them count.
struct UpperPattern: Hashable, Sendable {
    /// Whether there are ports, the protocol, source port and destination port.
    typealias Bits = UInt64

    let bits: Bits
    let mask: Bits

    private static let portsShow: Bits = 1 << 40

    init(_ selector: Selector) {
        let hasPorts = selector.sourcePort != 0 || selector.destinationPort != 0
        let shows = hasPorts ? Self.portsShow : 0
        bits =
            shows | Bits(selector.upperProtocol) << 32 | Bits(selector.sourcePort) << 16
            | Bits(selector.destinationPort)
        let upperProtocol: Bits = selector.upperProtocol == 0 ? 0 : 0xff << 32
        let sourcePort: Bits = selector.sourcePort == 0 ? 0 : 0xffff << 16
        mask = shows | upperProtocol | sourcePort | (selector.destinationPort == 0 ? 0 : 0xffff)
    }

    init(bits: Bits, mask: Bits) {
        (self.bits, self.mask) = (bits, mask)
    }

    @inline(__always)
    static func bits(_ flow: PacketFlow) -> Bits {
        let upperProtocol = Bits(flow.upperProtocol) &<< 32
        guard let ports = flow.ports else { return upperProtocol }
        return portsShow | upperProtocol | Bits(ports.source) &<< 16 | Bits(ports.destination)
    }
}

/// A value under a selector, ready to be compared with what packets to the selector's destination show.
final class SelectorEntry<Value: Sendable>: Sendable {
    let rank: SelectorRank
    /// Left-aligned.
    private let source: UInt128
    private let sourceMask: UInt128
    let upper: UpperPattern
    let value: Value

    init(_ value: Value, _ selector: Selector, _ rank: SelectorRank) {
        let length = selector.source.length
        self.value = value
        self.rank = rank
        source = selector.source.address.leftAligned
        sourceMask = length == 0 ? 0 : .max << UInt128(128 - length)
        upper = UpperPattern(selector)
    }

    @inline(__always)
    func selects(_ probe: SelectorProbe) -> Bool {
        probe.source & sourceMask == source && probe.upper & upper.mask == upper.bits
    }

    /// The network it selects by source.
    var sourceKey: RadixKey { RadixKey(source, length: sourceMask.nonzeroBitCount) }

    /// As many of the first bits of the source as are compared before the entry itself is looked at.
    fileprivate var lead: UInt64 { UInt64(truncatingIfNeeded: source >> 64) }
    fileprivate var leadMask: UInt64 { UInt64(truncatingIfNeeded: sourceMask >> 64) }
}

/// A few entries in the order of rank.
struct SelectorRow<Value: Sendable>: Sendable {
    /// What tells most entries that select a packet from those that do not, side by side in memory.
    private struct Item: Sendable {
        let lead: UInt64
        let leadMask: UInt64
        let entry: SelectorEntry<Value>
    }

    private var items: [Item] = []

    /// More than so many are found otherwise.
    static var limit: Int { 8 }

    var isEmpty: Bool { items.isEmpty }
    var isFull: Bool { items.count >= Self.limit }
    var best: SelectorRank { items.first?.entry.rank ?? .last }
    var entries: [SelectorEntry<Value>] { items.map(\.entry) }

    init(_ first: SelectorEntry<Value>, _ second: SelectorEntry<Value>) {
        insert(first)
        insert(second)
    }

    mutating func insert(_ entry: SelectorEntry<Value>) {
        let item = Item(lead: entry.lead, leadMask: entry.leadMask, entry: entry)
        items.insert(item, at: items.firstIndex { entry.rank < $0.entry.rank } ?? items.endIndex)
    }

    mutating func remove(_ rank: SelectorRank) {
        items.removeAll { $0.entry.rank == rank }
    }

    @inline(__always)
    func improve(_ found: inout SelectorFinding<Value>, _ probe: SelectorProbe) {
        let lead = UInt64(truncatingIfNeeded: probe.source &>> 64)
        for item in items where lead & item.leadMask == item.lead { found.consider(item.entry, probe) }
    }
}
