import Credentials
import IPsec
import Negotiation
import SetkeyScript
import SourceText

extension Document {
    /// Puts the blocks together once all are read, and checks what needs more than one of them.
    func finish(_ session: Session) -> Configuration {
        var configuration = configuration
        configuration.policy.peers = remotes.filter(\.isComplete).map {
            $0.policy(scriptsIn: configuration.paths.scripts, session)
        }
        checkSainfos(session)
        configuration.policy.children = children
        checkIncludedPolicies(session)
        configuration.includedPolicies = policies.policies
        configuration.credentials = credentialPlan
        configuration.policy.pool = modeConfig?.pool(isForVersion2: hasVersion2, session)
        warnOfTwins(session)
        configuration.policy.tunnels = checkedTunnels(configuration.policy.children, session)
        return configuration
    }

    private var credentialPlan: CredentialPlan {
        let plans = remotes.filter(\.isComplete).map { ($0.policy.name, $0.credentials) }
        return CredentialPlan(
            certificates: configuration.paths.certificates,
            peers: Dictionary(plans, uniquingKeysWith: { first, _ in first }))
    }

    /// What the sainfos say; where there are none and nothing but IKEv2 is spoken, everything goes by the defaults.
    private var children: [ChildPolicy] {
        guard sainfos.isEmpty, let remote = remotes.first, !hasVersion1 else {
            return sortedSainfos.map(\.policy)
        }
        let sainfo = SainfoDraft(location: remote.location, local: .anonymous, remote: .anonymous)
        var policy = sainfo.policy
        policy.origin = ""
        return [policy]
    }

    /// By weight, in the order of the text where that is equal.
    private var sortedSainfos: [SainfoDraft] {
        let usable = sainfos.filter { $0.isComplete && !$0.isForGroup }
        return usable.enumerated()
            .sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
            .map(\.element)
    }

    private func checkedTunnels(_ children: [ChildPolicy], _ session: Session) -> [Tunnel] {
        // A broken sainfo or tunnel block may be all that is missing: say so once, not twice.
        guard session.errors == 0 || sainfos.allSatisfy({ $0.isComplete || $0.isForGroup }) else { return [] }
        var requestIDs = RequestIDs()
        return tunnels.filter(\.isRead).compactMap { draft in
            let check = TunnelCheck(
                draft: draft, remotes: remotes, children: children, givesAddresses: modeConfig != nil,
                session: session)
            return check.tunnel(requestID: requestIDs.requestID(for: draft.name))
        }
    }

    /// Named blocks may share an address, but then only a tunnel can say which is meant.
    private func warnOfTwins(_ session: Session) {
        for (index, remote) in remotes.enumerated() {
            guard case .address = remote.policy.match,
                let twin = remotes[..<index].first(where: { $0.policy.match == remote.policy.match })
            else { continue }
            session.report(
                remote.location.warning(
                    "remote '\(twin.policy.name)' at \(twin.location.origin) has the same address; only a tunnel "
                        + "that names its remote can tell them apart"))
        }
    }
}
