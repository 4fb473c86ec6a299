package import IPsec
import Negotiation
import Synchronization

/// The policies that child SAs brought along, of all shards.
///
/// Where two SAs have a policy for the same traffic, that of the later one is in place, and goes with it: the peer has
/// come anew from elsewhere.
package final class BroughtPolicies: Sendable {
    private let dataPlane: any DataPlane
    private let log: Log
    /// Who asked for a policy, the latest last.
    private let claims = Mutex<[SecurityPolicyID: [SecurityPolicy]]>([:])

    package init(dataPlane: any DataPlane, log: Log) {
        self.dataPlane = dataPlane
        self.log = log
    }

    func protect(_ traffic: ProtectedTraffic) {
        claims.withLock { claims in
            for policy in TunnelPolicies.protecting(traffic) {
                claims[policy.id, default: []].append(policy)
                set(policy, for: traffic)
            }
        }
    }

    func unprotect(_ traffic: ProtectedTraffic) {
        claims.withLock { claims in
            for policy in TunnelPolicies.protecting(traffic) {
                guard var claimed = claims[policy.id], let index = claimed.lastIndex(of: policy) else {
                    continue
                }
                claimed.remove(at: index)
                claims[policy.id] = claimed.isEmpty ? nil : claimed
                guard index == claimed.count else { continue }
                if let former = claimed.last {
                    if former != policy { set(former, for: traffic) }
                } else {
                    remove(policy.id)
                }
            }
        }
    }

    private func set(_ policy: SecurityPolicy, for traffic: ProtectedTraffic) {
        let log = log
        let owner = traffic.tunnel.map { "tunnel \($0)" } ?? "the peer \(traffic.remoteAddress)"
        dataPlane.set(policy) { result in
            guard case .failure(let failure) = result else { return }
            log.error("installing the policy for \(policy.selector) of \(owner): \(failure.explanation)")
        }
    }

    private func remove(_ id: SecurityPolicyID) {
        let log = log
        dataPlane.delete(id) { result in
            guard case .failure(let failure) = result, failure.kind != .notFound else { return }
            log.warning("removing the policy for \(id.selector): \(failure.explanation)")
        }
    }
}
