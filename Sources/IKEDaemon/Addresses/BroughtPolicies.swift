package import IPsec
import Negotiation
import Synchronization

/// The policies that child SAs brought along, of all shards, over those of the configuration.
///
/// Where two SAs have a policy for the same traffic, that of the later one is in place, and goes with it: the peer has
/// come anew from elsewhere. A policy of the configuration's for the same traffic is in place where no SA has one: a
/// tunnel's packets have to ask for SAs before both sides have agreed on whether to compress.
package final class BroughtPolicies: Sendable {
    private let dataPlane: any DataPlane
    private let log: Log
    private let ledger = Mutex(Ledger())

    private struct Ledger {
        /// Who asked for a policy, the latest last.
        var claims: [SecurityPolicyID: [SecurityPolicy]] = [:]
        /// Those of the configuration.
        var configured: [SecurityPolicyID: SecurityPolicy] = [:]
    }

    package init(dataPlane: any DataPlane, log: Log) {
        self.dataPlane = dataPlane
        self.log = log
    }

    // MARK: child SAs

    func protect(_ traffic: ProtectedTraffic) {
        ledger.withLock { ledger in
            for policy in TunnelPolicies.protecting(traffic) {
                ledger.claims[policy.id, default: []].append(policy)
                set(policy, for: traffic)
            }
        }
    }

    func unprotect(_ traffic: ProtectedTraffic) {
        ledger.withLock { ledger in
            for policy in TunnelPolicies.protecting(traffic) {
                guard var claimed = ledger.claims[policy.id], let index = claimed.lastIndex(of: policy) else {
                    continue
                }
                claimed.remove(at: index)
                ledger.claims[policy.id] = claimed.isEmpty ? nil : claimed
                guard index == claimed.count else { continue }
                if let former = claimed.last ?? ledger.configured[policy.id] {
                    if former != policy { set(former, for: traffic) }
                } else {
                    remove(policy.id)
                }
            }
        }
    }

    // MARK: the configuration

    /// Puts a policy of the configuration in place, or keeps it for when no child SA has one for its traffic.
    func configure(_ policy: SecurityPolicy, completion: @escaping DatabaseCompletion<Void>) {
        let isFree = ledger.withLock { ledger in
            ledger.configured[policy.id] = policy
            guard ledger.claims[policy.id] == nil else { return false }
            dataPlane.set(policy, completion: completion)
            return true
        }
        if !isFree { completion(.success(())) }
    }

    /// The configuration has no policy for this traffic any more.
    func unconfigure(_ id: SecurityPolicyID) {
        ledger.withLock { ledger in
            ledger.configured[id] = nil
            if ledger.claims[id] == nil { remove(id) }
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
