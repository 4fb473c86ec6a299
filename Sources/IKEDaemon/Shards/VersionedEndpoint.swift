package import IPsec
package import Negotiation

/// The endpoints of both IKE versions as one: each event goes to the version that it is for.
///
/// A peer whose block allows both is tried with the first version; where nothing comes of the first message, its
/// requests go to the other.
package struct VersionedEndpoint: NegotiatingEndpoint {
    private var ikev1: any NegotiatingEndpoint
    /// nil while no configuration has had a peer for it: then nothing is different from IKEv1 alone.
    private var ikev2: (any NegotiatingEndpoint)?
    private let makeIKEv2: (NegotiationPolicy) -> any NegotiatingEndpoint
    private var policy: NegotiationPolicy
    /// Requests whose version may turn out to be the wrong one.
    private var attempts: [Attempt: [ChildRequest]] = [:]

    /// Which peer is tried, and with which version.
    private struct Attempt: Hashable {
        let peer: String
        let address: IPAddress
        let version: IKEVersion
    }

    /// - Parameters:
    ///   - ikev1: draws tokens from the lower half of the numbers.
    ///   - ikev2: makes an endpoint that draws tokens from the upper half, once there is need of it.
    package init(
        policy: NegotiationPolicy, ikev1: any NegotiatingEndpoint,
        ikev2: @escaping (NegotiationPolicy) -> any NegotiatingEndpoint
    ) {
        self.policy = policy
        self.ikev1 = ikev1
        makeIKEv2 = ikev2
        if policy.hasIKEv2 { self.ikev2 = ikev2(policy) }
    }

    package var nextDeadline: Instant? {
        guard let ikev2 else { return ikev1.nextDeadline }
        return [ikev1.nextDeadline, ikev2.nextDeadline].compactMap(\.self).min()
    }

    package func status() -> EndpointStatus {
        let (first, second) = (ikev1.status(), ikev2?.status() ?? EndpointStatus())
        return EndpointStatus(
            ikeSAs: first.ikeSAs + second.ikeSAs, childSAs: first.childSAs + second.childSAs)
    }

    package func keys() -> EndpointKeys {
        ikev1.keys() + (ikev2?.keys() ?? EndpointKeys())
    }

    package func acquaintance(for request: ChildRequest) -> Acquaintance {
        let all = [ikev1.acquaintance(for: request), ikev2?.acquaintance(for: request) ?? .none]
        return all.contains(.established) ? .established : all.contains(.begun) ? .begun : .none
    }

    package mutating func handle(_ event: Event, now: Instant) -> [Effect] {
        if case .reconfigured(let policy) = event { reconfigure(policy) }
        guard ikev2 != nil else { return ikev1.handle(event, now: now) }
        switch event {
        case .datagram(let datagram, _):
            // Where a peer speaks IKEv1 alone, that is how it refuses what is not.
            let refusal = Self.isOldRefusal(datagram) ? tell(.ikev2, event, now) : []
            return refusal + tell(Self.version(of: datagram), event, now)
        case .initiate(let request): return initiate(request, event, now)
        case .sharedSecretKeyed(let token, _), .signed(let token, _), .verified(let token, _),
            .installed(let token, _), .policyFound(let token, _), .leased(let token, _):
            return tell(token.version, event, now)
        case .deadline: return tellWhoeverIsDue(now)
        case .terminate(let tunnel):
            for attempt in attempts.keys { attempts[attempt]?.removeAll { $0.tunnel == tunnel } }
            return tellBoth(event, now)
        case .shutDown, .reconfigured, .database: return tellBoth(event, now)
        }
    }

    private mutating func reconfigure(_ policy: NegotiationPolicy) {
        self.policy = policy
        if ikev2 == nil, policy.hasIKEv2 { ikev2 = makeIKEv2(policy) }
    }

    /// By the version octet of the header; whatever is not IKEv1's is for IKEv2 to answer or to drop.
    private static func version(of datagram: [UInt8]) -> IKEVersion {
        guard datagram.count > versionOffset else { return .ikev1 }
        return datagram[versionOffset] >> 4 <= 1 ? .ikev1 : .ikev2
    }

    /// Whether it is a message of IKEv1 with nothing but news.
    private static func isOldRefusal(_ datagram: [UInt8]) -> Bool {
        version(of: datagram) == .ikev1 && datagram.count > exchangeOffset
            && datagram[exchangeOffset] == informational
    }

    // MARK: requests

    private mutating func initiate(_ request: ChildRequest, _ event: Event, _ now: Instant) -> [Effect] {
        let versions = policy.peer(named: request.peer)?.versions ?? []
        guard versions.count > 1, let first = versions.first else {
            return tell(versions.first ?? .ikev1, event, now)
        }
        if let known = versions.first(where: { acquaintance(of: $0, for: request) == .established }) {
            return tell(known, event, now)
        }
        let begun = versions.first { acquaintance(of: $0, for: request) == .begun } ?? first
        let attempt = Attempt(peer: request.peer, address: request.path.remote.address, version: begun)
        if begun == first, attempts[attempt, default: []].count < Self.mostRequests {
            attempts[attempt, default: []].append(request)
        }
        return tell(begun, event, now)
    }

    private func acquaintance(of version: IKEVersion, for request: ChildRequest) -> Acquaintance {
        switch version {
        case .ikev1: ikev1.acquaintance(for: request)
        case .ikev2: ikev2?.acquaintance(for: request) ?? .none
        }
    }

    // MARK: telling

    private mutating func tell(_ version: IKEVersion, _ event: Event, _ now: Instant) -> [Effect] {
        let effects =
            switch version {
            case .ikev1: ikev1.handle(event, now: now)
            case .ikev2: ikev2?.handle(event, now: now) ?? []
            }
        return attempts.isEmpty ? effects : followed(effects, of: version, now)
    }

    private mutating func tellBoth(_ event: Event, _ now: Instant) -> [Effect] {
        tell(.ikev1, event, now) + tell(.ikev2, event, now)
    }

    private mutating func tellWhoeverIsDue(_ now: Instant) -> [Effect] {
        var effects: [Effect] = []
        if let due = ikev1.nextDeadline, due <= now { effects += tell(.ikev1, .deadline, now) }
        if let due = ikev2?.nextDeadline, due <= now { effects += tell(.ikev2, .deadline, now) }
        return effects
    }

    // MARK: the other version

    /// What an endpoint wants done, and what the other one does where that says that the version was the wrong one.
    private mutating func followed(_ effects: [Effect], of version: IKEVersion, _ now: Instant) -> [Effect] {
        var kept: [Effect] = []
        var failed: [(Attempt, Report)] = []
        for effect in effects {
            guard case .report(let report) = effect, let peer = report.subject.peer else {
                kept.append(effect)
                continue
            }
            let attempt = Attempt(
                peer: peer, address: report.subject.path.remote.address, version: version)
            if attempts[attempt] != nil, report.failure?.isUnreached == true {
                if !failed.contains(where: { $0.0 == attempt }) { failed.append((attempt, report)) }
                continue
            }
            if report.kind == .ikeEstablished || report.kind == .negotiationFailed { attempts[attempt] = nil }
            kept.append(effect)
        }
        for (attempt, report) in failed { kept += tryOther(attempt, after: report, now) }
        return kept
    }

    private mutating func tryOther(_ attempt: Attempt, after report: Report, _ now: Instant) -> [Effect] {
        let requests = attempts.removeValue(forKey: attempt) ?? []
        let other: IKEVersion = attempt.version == .ikev2 ? .ikev1 : .ikev2
        let notice = Report(
            .notice, .progress, report.subject,
            "nothing came of IKEv\(attempt.version.rawValue): \(report.sentence); trying IKEv\(other.rawValue), "
                + "which exchange_mode names next", details: report.details)
        return [.report(notice)] + requests.flatMap { tell(other, .initiate($0), now) }
    }

    /// Where the version stands in a message of either.
    private static let versionOffset = 17
    private static let exchangeOffset = 18
    /// The informational exchange of IKEv1 (RFC 2408 section 3.1).
    private static let informational: UInt8 = 5
    /// Requests to one peer that are kept in case that the version is the wrong one.
    private static let mostRequests = 1024
}

extension EffectToken {
    /// Whose token it is.
    fileprivate var version: IKEVersion {
        switch half {
        case .lower: .ikev1
        case .upper: .ikev2
        }
    }
}

extension NegotiationPolicy {
    fileprivate var hasIKEv2: Bool { peers.contains { $0.exchangeModes.contains(.ikev2) } }
}

extension NegotiationFailure {
    fileprivate var isUnreached: Bool {
        if case .peerDeclined(.unreached) = self { true } else { false }
    }
}
