import Cryptography
import IPsec
import ISAKMP
import Negotiation

/// Addresses and settings that one side gives the other (RFC 7296 section 2.19).
extension IKESA {
    // MARK: the side that asks

    /// What IKE_AUTH asks for: an address of each family that tunnels with the peer need, or of both.
    ///
    /// CP(CFG_REQUEST)
    func configurationRequest(_ policy: NegotiationPolicy) -> [Payload] {
        guard peer.requestsConfiguration else { return [] }
        let needed = policy.tunnels.filter { $0.peer == peer.name && $0.assigned == .local }
            .map { $0.localSelector(on: path).family }
        let families = needed.isEmpty ? [.ipv4, .ipv6] : Set(needed)
        let request = AssignedConfiguration.request(families, former: formerAddresses)
        return [.configuration(ConfigurationPayload(.request, request))]
    }

    /// Takes what the answer to IKE_AUTH gives us.
    ///
    /// CP(CFG_REPLY)
    mutating func takeConfiguration(_ message: Message, _ turn: inout Turn) {
        guard peer.requestsConfiguration, let reply = message.configuration(.reply) else { return }
        let received = AssignedConfiguration(reply)
        guard !received.addresses.isEmpty else {
            step("<-- CP(CFG_REPLY) without an address", &turn)
            return
        }
        updateEstablished { $0.received = received }
        turn.effects.append(.apply(received, peer: peer.name, path))
        turn.report(.notice, .progress, subject, "the peer gave us \(received)")
    }

    /// A request with the addresses that belong into it; nil where they are not known.
    func resolved(_ request: ChildRequest) -> ChildRequest? {
        guard let side = request.assigned else { return request }
        var request = request
        switch side {
        case .local:
            let own = hosts(established?.received?.addresses ?? [], facing: request.remotes)
            guard !own.isEmpty else { return nil }
            request.setLocals(own)
        case .remote:
            let leased = hosts(established?.leased ?? [], facing: request.locals)
            guard !leased.isEmpty else { return nil }
            request.setRemotes(leased)
        }
        return request
    }

    private func hosts(_ addresses: [IPAddress], facing others: [TrafficSelector]) -> [TrafficSelector] {
        addresses.compactMap { address in
            others.first { $0.family == address.family }.map { other in
                TrafficSelector(IPPrefix(host: address), upperProtocol: other.upperProtocol)
            }
        }
    }

    /// Our side of what the peer agreed to: of an answer to "any" only the addresses that we were given.
    func ownSide(
        _ answered: [TrafficSelector], _ request: ChildRequest
    ) throws(NegotiationFailure) -> [TrafficSelector] {
        guard request.assigned == .local else { return answered }
        guard let own = resolved(request) else { throw .peerDeclined(.noAddress) }
        let local = TrafficSelectorNarrowing.narrow(answered, to: own.locals)
        guard !local.isEmpty else {
            throw .peerViolatedProtocol(
                "it gave us \(Self.text(own.locals)) and protects \(Self.text(answered))")
        }
        return local
    }

    // MARK: the side that gives

    /// What to ask the pool for; nil where the peer asks for no address, or there is no pool.
    func leaseRequest(_ message: Message, _ policy: NegotiationPolicy) -> LeaseRequest? {
        guard policy.pool != nil, let sa = established, let request = message.configuration(.request)
        else { return nil }
        let families = request.families
        guard !families.isEmpty else { return nil }
        return LeaseRequest(
            identity: sa.remoteIdentity, remoteAddress: path.remote.address,
            isOnlyContact: message.notification(.initialContact) != nil, families: families,
            preferred: AssignedConfiguration(request).addresses)
    }

    /// The pool has answered.
    ///
    ///  <--  HDR, SK {IDr, [CERT,] AUTH, CP(CFG_REPLY), SAr2, TSi, TSr}
    mutating func receiveLease(
        _ token: EffectToken, _ result: Result<[IPAddress], LeaseFailure>, _ turn: inout Turn
    ) {
        guard case .leasing(token, let pending)? = established?.answering else {
            if case .success(let addresses) = result { turn.effects.append(.release(addresses)) }
            return
        }
        updateEstablished { $0.answering = nil }
        switch result {
        case .success(let addresses):
            updateEstablished { $0.leased = addresses }
            var given = turn.policy.pool?.configuration ?? AssignedConfiguration()
            given.addresses = addresses
            turn.report(.info, .progress, subject, "the peer gets \(given)")
            finishAuth(
                pending, configuration: [.configuration(ConfigurationPayload(.reply, given.attributes))],
                &turn)
        case .failure(let failure):
            let cause = NegotiationFailure.localPolicyForbids(.noAddress(failure.sentence))
            refuse(
                Refusal(cause, NotifyPayload(.internalAddressFailure)), .ikeAuth, head: pending.head, &turn)
        }
    }

    /// What keeps a peer from having a child: it did not ask for the address that it needs.
    func missingAddress(_ policy: NegotiationPolicy) -> Refusal? {
        guard policy.pool != nil, established?.leased.isEmpty == true,
            let tunnel = policy.tunnels.first(where: { $0.peer == peer.name && $0.assigned == .remote })
        else { return nil }
        return Refusal(
            .localPolicyForbids(.addressRequired(tunnel: tunnel.name, origin: tunnel.origin)),
            NotifyPayload(.failedCPRequired))
    }

    /// What `generate_policy` has protected of what the peer asks for; nil where nothing may be.
    ///
    /// - Parameter policy: what covers it and protects nothing.
    func generated(
        _ pending: PendingOffer, besides policy: SecurityPolicy?, _ turn: inout Turn
    ) -> ChildRequest? {
        guard peer.generatesPolicies, let local = pending.offer.responderSelectors.selectors.first,
            let remote = pending.offer.initiatorSelectors.selectors.first
        else { return nil }
        let offer = UncoveredOffer(
            local: pending.offer.responderSelectors.selectors,
            remote: pending.offer.initiatorSelectors.selectors,
            mode: pending.offer.isTransport ? .transport : .tunnel, leased: established?.leased ?? [],
            requestID: turn.random.uint32())
        let request = turn.policy.generatedRequest(
            for: offer, with: peer, parties: parties(local, remote), on: path, besides: policy)
        return request.map {
            $0.compressing(pending.offer, turn.policy.child(for: parties($0.local, $0.remote)))
        }
    }

    // MARK: the end

    /// Addresses go with the last IKE SA of a line, not with one that has a successor.
    mutating func giveBackAddresses(_ turn: inout Turn) {
        guard let sa = established else { return }
        switch sa.standing {
        case .superseded, .redundant: return
        case .current, .closing: break
        }
        if !sa.leased.isEmpty { turn.effects.append(.release(sa.leased)) }
        if let received = sa.received {
            turn.effects.append(.withdraw(received, peer: peer.name, path))
        }
    }

    /// Has the policies put in place that a child brings along, unless an earlier one did.
    mutating func bringPolicies(of child: ChildSA, _ turn: inout Turn) {
        guard child.request.bringsPolicies else { return }
        let traffic = traffic(of: child)
        guard established?.protected.contains(traffic) == false else { return }
        updateEstablished { $0.protected.insert(traffic) }
        turn.effects.append(.protect(traffic))
    }

    /// Has them taken away with the last child that needs them.
    mutating func takePolicies(of child: ChildSA, _ turn: inout Turn) {
        guard child.request.bringsPolicies else { return }
        let traffic = traffic(of: child)
        guard let sa = established, sa.protected.contains(traffic),
            !sa.children.values.contains(where: {
                $0.spi != child.spi && self.traffic(of: $0) == traffic
            })
        else { return }
        updateEstablished { $0.protected.remove(traffic) }
        turn.effects.append(.unprotect(traffic))
    }

    private func traffic(of child: ChildSA) -> ProtectedTraffic {
        let request = child.request
        var traffic = ProtectedTraffic(
            tunnel: request.tunnel, local: child.local, remote: child.remote, mode: request.mode,
            requestID: request.requestID, localAddress: child.inbound.id.destination,
            remoteAddress: child.outbound.id.destination, device: request.device)
        traffic.protocol = request.protocol
        traffic.compression = child.compression?.algorithm
        traffic.assigned = request.assigned
        return traffic
    }
}

extension ChildRequest {
    /// The request for what both sides have agreed on: what brings its policies along is renewed as it is.
    func agreed(_ local: [TrafficSelector], _ remote: [TrafficSelector]) -> ChildRequest {
        guard bringsPolicies else { return self }
        var request = self
        request.setLocals(local)
        request.setRemotes(remote)
        return request
    }
}
