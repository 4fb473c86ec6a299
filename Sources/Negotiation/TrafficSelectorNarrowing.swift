package import IPsec

/// Narrowing what a peer wants protected to what we do (RFC 7296 section 2.9).
package enum TrafficSelectorNarrowing {
    /// Selectors that are looked at on either side; more are ignored, which only narrows further.
    package static let maximumCount = 64

    /// The traffic that both lists select, as few selectors as the pairs give, in the order of `proposed`.
    ///
    /// Where the first of `proposed` is the packet that asked for the SA, what is returned selects it whenever we do.
    package static func narrow(
        _ proposed: [TrafficSelector], to ours: [TrafficSelector]
    ) -> [TrafficSelector] {
        var common: [TrafficSelector] = []
        for selector in proposed.prefix(maximumCount) {
            for own in ours.prefix(maximumCount) {
                guard let both = selector.intersection(own), !common.contains(where: { $0.contains(both) })
                else { continue }
                common.removeAll(where: both.contains)
                common.append(both)
            }
        }
        return common
    }
}

extension TrafficSelector {
    /// The traffic that both select; nil where that is none.
    ///
    /// The protocol is that of the selector that names one. Where ports are named, so is a protocol that has them.
    package func intersection(_ other: TrafficSelector) -> TrafficSelector? {
        guard family == other.family else { return nil }
        guard upperProtocol == other.upperProtocol || upperProtocol == 0 || other.upperProtocol == 0 else {
            return nil
        }
        let low = max(ports.lowerBound, other.ports.lowerBound)
        let high = min(ports.upperBound, other.ports.upperBound)
        guard low <= high else { return nil }
        return TrafficSelector(
            first: max(first, other.first), last: min(last, other.last),
            upperProtocol: max(upperProtocol, other.upperProtocol), ports: low...high)
    }
}
