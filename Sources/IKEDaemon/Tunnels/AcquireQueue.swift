package import IPsec
package import Negotiation
import Synchronization

/// Turns acquires into wishes for child SAs, one at a time for each policy.
///
/// Every packet that finds no SA may ask again; only the first is worth a negotiation.
package struct AcquireQueue {
    /// What to do about an acquire.
    package enum Outcome: Hashable, Sendable {
        /// A tunnel's policy asked.
        case tunnel(Tunnel, sequence: UInt32)
        /// A policy that somebody else made asked.
        case request(ChildRequest)
        /// The same policy asked a moment ago.
        case coalesced
        /// Nobody can help; a sentence that says why and what to do.
        case refused(String)
    }

    private struct Question: Hashable {
        var policy: SecurityPolicyID
        var remote: IPAddress
    }

    /// Questions under way, and when they may be asked again.
    private var pending: [Question: Instant] = [:]
    private let patience: Duration
    /// Bound of memory; beyond it the oldest question is forgotten.
    private let capacity: Int

    /// Whether any question is under way.
    package var isEmpty: Bool { pending.isEmpty }

    package init(patience: Duration = .seconds(10), capacity: Int = 4096) {
        self.patience = patience
        self.capacity = capacity
    }

    /// Decides about an acquire.
    package mutating func admit(
        _ acquire: Acquire, policy: NegotiationPolicy, tunnel: (UInt32) -> Tunnel?, now: Instant
    ) -> Outcome {
        let question = Question(policy: acquire.policy.id, remote: acquire.remote)
        if let again = pending[question], again > now { return .coalesced }
        remember(question, until: now + patience, now: now)
        let protection: PolicyProtection
        do throws(NegotiationFailure) {
            protection = try PolicyProtection(acquire.policy)
        } catch {
            return .refused(error.sentence)
        }
        if let tunnel = tunnel(protection.requestID) { return .tunnel(tunnel, sequence: acquire.sequence) }
        guard let peer = policy.peer(for: acquire.remote) else {
            return .refused(
                "no remote block is for \(acquire.remote), which the policy for \(acquire.packet) names: "
                    + "add \"remote \(acquire.remote) { … }\"")
        }
        guard !peer.isPassive else {
            return .refused(
                "the remote block \"\(peer.name)\" (\(peer.origin)) is passive: only the peer may start")
        }
        return .request(Self.request(acquire, protection, peer))
    }

    /// The negotiation with a peer came to an end: its policies may ask again.
    package mutating func settled(with remote: IPAddress) {
        pending = pending.filter { $0.key.remote != remote }
    }

    private mutating func remember(_ question: Question, until end: Instant, now: Instant) {
        if pending.count >= capacity { pending = pending.filter { $0.value > now } }
        if pending.count >= capacity, let oldest = pending.min(by: { $0.value < $1.value }) {
            pending[oldest.key] = nil
        }
        pending[question] = end
    }

    private static func request(
        _ acquire: Acquire, _ protection: PolicyProtection, _ peer: PeerPolicy
    ) -> ChildRequest {
        let selector = acquire.policy.selector
        return ChildRequest(
            protection, peer: peer.name,
            path: Path(
                local: Endpoint(acquire.local, port: 500), remote: Endpoint(acquire.remote, port: peer.port)),
            local: TrafficSelector(
                selector.source, upperProtocol: selector.upperProtocol, port: selector.sourcePort),
            remote: TrafficSelector(
                selector.destination, upperProtocol: selector.upperProtocol, port: selector.destinationPort),
            acquireSequence: acquire.sequence)
    }
}

/// Tells shards whether what becomes of a negotiation may matter to a question that is under way.
package final class OpenQuestions: Sendable {
    private let areAny = Atomic(false)

    package init() {}

    package var isEmpty: Bool {
        get { !areAny.load(ordering: .relaxed) }
        set { areAny.store(!newValue, ordering: .relaxed) }
    }
}

extension PeerPolicy {
    /// Where phase 1 is sent: the port of the block, or 500.
    var port: UInt16 {
        if case .address(_, let port?) = match, port != 0 { port } else { 500 }
    }
}
