import IPsec
import Negotiation
import SetkeyScript
import SourceText

extension Document {
    /// Warns of policies of included files whose SAs no negotiation makes.
    func checkIncludedPolicies(_ session: Session) {
        guard remotes.allSatisfy(\.isComplete) else { return }
        for policy in policies.policies where policy.direction == .outbound && !policy.templates.isEmpty {
            guard let place = policies.location(of: policy.id), let obstacle = obstacle(to: policy) else {
                continue
            }
            session.report(place.warning(obstacle.sentence))
        }
    }

    private func obstacle(to policy: SecurityPolicy) -> NegotiationFailure? {
        do throws(NegotiationFailure) {
            let protection = try PolicyProtection(policy)
            let destination = policy.selector.destination
            let address = protection.tunnelDestination ?? (destination.isHost ? destination.address : nil)
            let peer = address.flatMap { NegotiationPolicy(peers: remotes.map(\.policy)).peer(for: $0) }
            return peer?.exchangeModes.contains(.ikev2) == false ? protection.obstacleInVersion1 : nil
        } catch {
            return error
        }
    }
}
