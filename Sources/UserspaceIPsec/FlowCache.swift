package import ESP
import IPsec

/// What was decided about the flows seen last, in a table of fixed size: a flow has one place, and takes it from whoever
/// had it.
///
/// Where a flow's place is depends on a random key, so that nobody outside can choose flows that take one another's;
/// and however many there are, all it costs is that the decision is made anew.
package struct FlowCache<Decision: Sendable>: ~Copyable, Sendable {
    private struct Slot: Sendable {
        let flow: PacketFlow
        let decision: Decision
    }

    private var slots: [Slot?]
    /// Places that may be taken.
    private var used: [Int] = []
    private let key: (UInt64, UInt64)

    /// - Parameter sizeBits: the logarithm of how many flows it holds, to the base 2.
    package init(sizeBits: Int = 12) {
        slots = Array(repeating: nil, count: 1 << sizeBits)
        // Odd numbers: no product is zero for all flows.
        key = (.random(in: 0 ... .max) | 1, .random(in: 0 ... .max) | 1)
    }

    /// How many flows it holds at most.
    package var capacity: Int { slots.count }

    /// What was decided about a flow; nil if nothing was, or that was forgotten.
    package subscript(flow: PacketFlow) -> Decision? {
        @inline(__always) get {
            guard let slot = slots[place(of: flow)], slot.flow == flow else { return nil }
            return slot.decision
        }
    }

    /// Notes what was decided about a flow.
    package mutating func note(_ decision: Decision, for flow: PacketFlow) {
        let place = place(of: flow)
        if slots[place] == nil { used.append(place) }
        slots[place] = Slot(flow: flow, decision: decision)
    }

    /// Forgets everything: what decisions were made from has changed.
    package mutating func removeAll() {
        for place in used { slots[place] = nil }
        used.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private func place(of flow: PacketFlow) -> Int {
        let (source, destination) = (flow.source.value, flow.destination.value)
        let ports = flow.ports.map { UInt64($0.source) &<< 16 | UInt64($0.destination) } ?? 0
        var hash = mixed(UInt64(truncatingIfNeeded: source), UInt64(truncatingIfNeeded: destination))
        hash = mixed(hash ^ ports, hash ^ UInt64(flow.upperProtocol))
        if flow.destination.family == .ipv6 {
            hash = mixed(
                hash ^ UInt64(truncatingIfNeeded: source &>> 64),
                hash ^ UInt64(truncatingIfNeeded: destination &>> 64))
        }
        return Int(truncatingIfNeeded: hash) & (slots.count &- 1)
    }

    /// Both numbers and the key in one, of which every bit depends on every bit.
    @inline(__always)
    private func mixed(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = (left ^ key.0).multipliedFullWidth(by: (right &* 0x9e37_79b9_7f4a_7c15) ^ key.1)
        return product.high ^ product.low
    }
}
