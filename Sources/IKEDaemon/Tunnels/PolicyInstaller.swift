import IPsec
import NIOCore
import Negotiation

/// Keeps the policies of tunnels and included files in the SPD, and knows which are ours to remove.
///
/// Belongs to the daemon's loop; answers of the database come back there.
final class PolicyInstaller {
    /// What child SAs bring goes before what is put in place here.
    private let brought: BroughtPolicies
    private let dataPlane: any DataPlane
    private let log: Log
    private let loop: any EventLoop
    /// By tunnel, what is in place.
    private var tunnels: [String: [SecurityPolicy]] = [:]
    private var included: [SecurityPolicy] = []

    init(over brought: BroughtPolicies, dataPlane: any DataPlane, log: Log, loop: any EventLoop) {
        self.brought = brought
        self.dataPlane = dataPlane
        self.log = log
        self.loop = loop
    }

    /// Puts a tunnel's policies in place of those it had.
    ///
    /// The first failure is the future's.
    @discardableResult
    func install(_ policies: [SecurityPolicy], of tunnel: String) -> EventLoopFuture<Void> {
        let before = tunnels[tunnel] ?? []
        guard before != policies else { return loop.makeSucceededVoidFuture() }
        tunnels[tunnel] = policies
        let added = set(policies.filter { !before.contains($0) }, for: "tunnel \(tunnel)")
        // Only then: at no time is the traffic without a policy.
        let kept = Set(policies.map(\.id))
        remove(before.map(\.id).filter { !kept.contains($0) })
        return added
    }

    func remove(tunnel: String) {
        remove((tunnels.removeValue(forKey: tunnel) ?? []).map(\.id))
    }

    @discardableResult
    func install(included policies: [SecurityPolicy]) -> EventLoopFuture<Void> {
        let before = included
        included = policies
        let added = set(policies.filter { !before.contains($0) }, for: "an included file")
        let kept = Set(policies.map(\.id))
        remove(before.map(\.id).filter { !kept.contains($0) })
        return added
    }

    /// Removes everything that is ours; fulfilled when the database has carried it out.
    func removeAll() -> EventLoopFuture<Void> {
        remove(tunnels.values.flatMap { $0 }.map(\.id) + included.map(\.id))
        tunnels = [:]
        included = []
        let promise = loop.makePromise(of: Void.self)
        dataPlane.policies { _ in promise.succeed() }
        return promise.futureResult
    }

    private func set(_ policies: [SecurityPolicy], for owner: String) -> EventLoopFuture<Void> {
        let log = log
        let answers = policies.map { policy in
            let promise = loop.makePromise(of: Void.self)
            brought.configure(policy) { result in
                if case .failure(let failure) = result {
                    log.error(
                        "installing the policy for \(policy.selector) of \(owner): \(failure.explanation)")
                }
                promise.completeWith(result.mapError { $0 as any Error })
            }
            return promise.futureResult
        }
        return EventLoopFuture.andAllSucceed(answers, on: loop)
    }

    private func remove(_ ids: [SecurityPolicyID]) {
        for id in ids { brought.unconfigure(id) }
    }
}
