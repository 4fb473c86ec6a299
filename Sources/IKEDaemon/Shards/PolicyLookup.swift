package import IPsec
import Negotiation
import Synchronization

/// Finds the policy that lets a peer's traffic be protected.
package enum PolicyLookup {
    /// The outbound policy of ESP for traffic between two selectors: the exact one, else the narrowest that covers it.
    package static func covering(
        local: TrafficSelector, remote: TrafficSelector, among policies: [SecurityPolicy]
    ) -> SecurityPolicy? {
        let candidates = policies.filter { policy in
            policy.direction == .outbound && policy.templates.contains(where: \.isNegotiated)
                && policy.localTraffic.contains(local) && policy.remoteTraffic.contains(remote)
        }
        return candidates.max { $0.narrowness < $1.narrowness }
    }
}

/// Request IDs of tunnels that were taken down by command: nobody negotiates for their policies.
package final class HeldRequestIDs: Sendable {
    private let numbers = Mutex<Set<UInt32>>([])

    package init() {}

    package func replace(with held: Set<UInt32>) {
        numbers.withLock { $0 = held }
    }

    package func allows(_ policy: SecurityPolicy) -> Bool {
        numbers.withLock { held in !policy.templates.contains { held.contains($0.requestID) } }
    }
}

extension SecurityPolicy {
    fileprivate var localTraffic: TrafficSelector {
        TrafficSelector(selector.source, upperProtocol: selector.upperProtocol, port: selector.sourcePort)
    }

    fileprivate var remoteTraffic: TrafficSelector {
        TrafficSelector(
            selector.destination, upperProtocol: selector.upperProtocol, port: selector.destinationPort)
    }

    fileprivate var narrowness: Int {
        selector.source.length + selector.destination.length + (selector.upperProtocol == 0 ? 0 : 1)
            + (selector.sourcePort == 0 ? 0 : 1) + (selector.destinationPort == 0 ? 0 : 1)
    }
}
