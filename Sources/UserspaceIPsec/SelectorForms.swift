import ESP
import IPsec

/// The selectors to one destination network, by their form: what they ask for beside the destination.
struct SelectorForms<Value: Sendable>: Sendable {
    typealias Entry = SelectorIndex<Value>.Entry

    private var forms = RankedUses<SelectorForm>()
    /// Of one key, in order of rank: selectors that differ in nothing a packet shows.
    private var entries: [SelectorKey: [Entry]] = [:]

    var isEmpty: Bool { entries.isEmpty }

    mutating func insert(_ entry: Entry) {
        forms.add(SelectorForm(entry.selector), entry.rank)
        var same = entries[SelectorKey(entry.selector)] ?? []
        same.insert(entry, at: same.firstIndex { entry.rank < $0.rank } ?? same.endIndex)
        entries[SelectorKey(entry.selector)] = same
    }

    /// Whether there was one.
    mutating func remove(_ selector: Selector, _ rank: SelectorRank) -> Bool {
        let key = SelectorKey(selector)
        guard var same = entries[key],
            let index = same.firstIndex(where: { $0.selector == selector && $0.rank == rank })
        else { return false }
        same.remove(at: index)
        entries[key] = same.isEmpty ? nil : same
        forms.remove(SelectorForm(selector))
        return true
    }

    /// Replaces `best` by the first entry for a packet if that ranks before it.
    func improve(_ best: inout Entry?, _ flow: PacketFlow) {
        for use in forms.inOrder {
            if let best, best.rank < use.best { return }
            guard let key = SelectorKey(flow, as: use.item), let same = entries[key] else { continue }
            if let found = same.first(where: { $0.selector.selects(flow) }), found.isBetter(than: best) {
                best = found
            }
        }
    }
}

/// What a selector asks for beside the destination network.
private struct SelectorForm: Hashable, Sendable {
    let sourceFamily: AddressFamily
    let sourceLength: Int
    let hasProtocol: Bool
    let hasSourcePort: Bool
    let hasDestinationPort: Bool

    init(_ selector: Selector) {
        sourceFamily = selector.source.family
        sourceLength = selector.source.length
        hasProtocol = selector.upperProtocol != 0
        hasSourcePort = selector.sourcePort != 0
        hasDestinationPort = selector.destinationPort != 0
    }
}

/// What a selector of some form asks for, or what a packet shows of it.
private struct SelectorKey: Hashable, Sendable {
    let form: SelectorForm
    let source: UInt128
    let upperProtocol: UInt8
    let sourcePort: UInt16
    let destinationPort: UInt16

    init(_ selector: Selector) {
        form = SelectorForm(selector)
        source = selector.source.address.value
        upperProtocol = selector.upperProtocol
        sourcePort = selector.sourcePort
        destinationPort = selector.destinationPort
    }

    /// nil if no selector of the form selects the packet.
    init?(_ flow: PacketFlow, as form: SelectorForm) {
        guard form.sourceFamily == flow.source.family,
            flow.ports != nil || !form.hasSourcePort && !form.hasDestinationPort
        else { return nil }
        self.form = form
        source = flow.source.masked(form.sourceLength)
        upperProtocol = form.hasProtocol ? flow.upperProtocol : 0
        sourcePort = form.hasSourcePort ? flow.ports?.source ?? 0 : 0
        destinationPort = form.hasDestinationPort ? flow.ports?.destination ?? 0 : 0
    }

    func hash(into hasher: inout Hasher) {
        // The form tells little that the rest does not.
        hasher.combine(UInt64(truncatingIfNeeded: source))
        hasher.combine(UInt64(truncatingIfNeeded: source >> 64))
        let ports = UInt64(sourcePort) << 16 | UInt64(destinationPort)
        hasher.combine(ports << 16 | UInt64(upperProtocol) << 8 | UInt64(form.sourceLength))
    }
}
