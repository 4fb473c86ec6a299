import ESP
import IPsec

/// The policies of one direction, ordered, with a lookup that does not look at all of them.
///
/// Policies are bucketed by their destination network; a flow is looked up once per prefix length in use.
struct PolicyTable: Sendable {
    private struct Bucket: Sendable {
        let family: AddressFamily
        let mask: UInt128
        /// Places in `rules`, ascending, by masked destination address.
        var places: [UInt128: [Int]]
    }

    /// The policies, the one that wins first.
    let rules: [PolicyRule]
    private let buckets: [Bucket]

    /// - Parameter rules: in the order they were set; among equal priorities the older wins.
    init(_ rules: [PolicyRule] = []) {
        let ranked = rules.enumerated().sorted {
            ($0.element.policy.priority, $0.offset) < ($1.element.policy.priority, $1.offset)
        }
        self.rules = ranked.map(\.element)
        var buckets: [Bucket] = []
        for (place, rule) in self.rules.enumerated() {
            let prefix = rule.policy.selector.destination
            let mask = Self.mask(prefix)
            if let index = buckets.firstIndex(where: { $0.family == prefix.family && $0.mask == mask }) {
                buckets[index].places[prefix.address.value, default: []].append(place)
            } else {
                buckets.append(
                    Bucket(family: prefix.family, mask: mask, places: [prefix.address.value: [place]]))
            }
        }
        self.buckets = buckets
    }

    /// The rule whose policy decides about a packet; nil if no policy selects it.
    func rule(for flow: PacketFlow) -> PolicyRule? {
        var best = rules.count
        for bucket in buckets where bucket.family == flow.destination.family {
            guard let places = bucket.places[flow.destination.value & bucket.mask] else { continue }
            for place in places {
                guard place < best else { break }
                if rules[place].policy.selector.selects(flow) {
                    best = place
                    break
                }
            }
        }
        return best < rules.count ? rules[best] : nil
    }

    private static func mask(_ prefix: IPPrefix) -> UInt128 {
        let hostBits = prefix.family.addressBits - prefix.length
        return hostBits >= 128 ? 0 : ~(UInt128(1) << UInt128(hostBits) - 1)
    }
}
