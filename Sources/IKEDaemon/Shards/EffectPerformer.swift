package import IPsec
package import KeyMaterial
package import Negotiation

/// Does what an endpoint asks for.
///
/// Belongs to one shard; answers come back as events.
package final class EffectPerformer {
    /// Answers who holds the pre-shared keys.
    package typealias SharedSecrets =
        @Sendable (SharedSecretRequest) -> Result<SecretKey, SharedSecretFailure>

    private let dataPlane: any DataPlane
    private let transmission: DatagramTransmission
    private let sharedSecrets: SharedSecrets
    private let signatures: SignatureAnswering
    private let held: HeldRequestIDs
    private let inner: InnerNetwork
    private let log: Log

    /// Messages that leave with the next `flush()`: whoever gets several at once is woken once.
    private var outbox: [(message: [UInt8], path: Path)] = []
    /// Lines that are written with the next `flushLines()`: a write for each costs more than the line.
    private var lines: [LogLine] = []
    /// SAs asked for and not yet answered.
    private var asked: [EffectToken: SecurityAssociationID] = [:]
    /// SAs of ours in the database.
    private var owned: Set<SecurityAssociationID> = []

    package init(
        dataPlane: any DataPlane, transmission: DatagramTransmission, held: HeldRequestIDs,
        inner: InnerNetwork, log: Log,
        signatures: SignatureAnswering, sharedSecrets: @escaping SharedSecrets
    ) {
        self.dataPlane = dataPlane
        self.transmission = transmission
        self.sharedSecrets = sharedSecrets
        self.signatures = signatures
        self.held = held
        self.inner = inner
        self.log = log
    }

    /// Performs one effect; `answer` may be called at any time, on any thread.
    package func perform(_ effect: Effect, answer: @escaping @Sendable (Event) -> Void) {
        switch effect {
        case .send(let message, let path): outbox.append((message, path))
        case .sendKeepalive(let path):
            flush()
            transmission.sendKeepalive(path)
        case .keyWithSharedSecret(let token, let request):
            answer(.sharedSecretKeyed(token, sharedSecrets(request)))
        case .sign(let token, let request):
            answer(.signed(token, signatures.sign(request)))
        case .verify(let token, let request):
            signatures.verify(request) { answer(.verified(token, $0)) }
        case .install(let token, let association): install(token, association, answer: answer)
        case .remove(let id): remove(id)
        case .updateEncapsulation(let association, let encapsulation): update(association, encapsulation)
        case .findPolicy(let token, let local, let remote):
            find(token, local: local, remote: remote, answer: answer)
        case .lease(let token, let request): answer(.leased(token, inner.leases.grant(request)))
        case .release(let addresses): inner.leases.release(addresses)
        case .apply(let configuration, let peer, let path):
            inner.apply(configuration, peer: peer)
            inner.scripts.applied(configuration, peer: peer, path)
        case .withdraw(let configuration, let peer, _): inner.withdraw(configuration, peer: peer)
        case .protect(let traffic): inner.protect(traffic)
        case .unprotect(let traffic): inner.unprotect(traffic)
        case .report(let report):
            lines += log.noted(report)
            inner.scripts.noted(report)
        case .trace(let trace): log.recorder.note(trace, at: log.now)
        case .refused(let message): log.recorder.note(message, at: log.now)
        }
    }

    /// Sends the messages that wait for it.
    package func flush() {
        for (message, path) in outbox { transmission.sendMessage(message, path) }
        outbox.removeAll(keepingCapacity: true)
    }

    /// Writes the lines that wait for it.
    package func flushLines() {
        log.write(lines)
        lines.removeAll(keepingCapacity: true)
    }

    /// Notes what became of an SA that was asked for.
    package func noted(_ token: EffectToken, _ result: Result<Void, DatabaseFailure>) {
        guard let id = asked.removeValue(forKey: token) else { return }
        if case .success = result { owned.insert(id) }
    }

    /// Takes every SA of ours out of the database; `done` is called when the database has carried it out.
    package func removeAll(done: @escaping @Sendable () -> Void) {
        for id in owned.union(asked.values) { remove(id) }
        // Requests are carried out in order, so the answer to any later one tells that these are done.
        dataPlane.policies { _ in done() }
    }

    private func install(
        _ token: EffectToken, _ association: SecurityAssociation, answer: @escaping @Sendable (Event) -> Void
    ) {
        asked[token] = association.id
        let log = log
        let id = association.id
        dataPlane.add(association) { result in
            if case .failure(let failure) = result { log.error("installing \(id): \(failure.explanation)") }
            answer(.installed(token, result))
        }
    }

    private func remove(_ id: SecurityAssociationID) {
        owned.remove(id)
        let log = log
        dataPlane.delete(id) { result in
            guard case .failure(let failure) = result, failure.kind != .notFound else { return }
            log.warning("removing \(id): \(failure.explanation)")
        }
    }

    private func update(_ association: SecurityAssociation, _ encapsulation: UDPEncapsulation) {
        let log = log
        dataPlane.updateEncapsulation(of: association, to: encapsulation) { result in
            guard case .failure(let failure) = result else { return }
            log.error("following the peer's new port with \(association.id): \(failure.explanation)")
        }
    }

    private func find(
        _ token: EffectToken, local: TrafficSelector, remote: TrafficSelector,
        answer: @escaping @Sendable (Event) -> Void
    ) {
        let log = log
        let held = held
        dataPlane.policies { result in
            switch result {
            case .success(let policies):
                let usable = policies.filter(held.allows)
                answer(
                    .policyFound(token, PolicyLookup.covering(local: local, remote: remote, among: usable)))
            case .failure(let failure):
                log.error("reading the policies: \(failure.explanation)")
                answer(.policyFound(token, nil))
            }
        }
    }
}
