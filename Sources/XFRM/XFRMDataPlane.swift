import Glibc
package import IPsec
import Netlink
import Synchronization

/// The kernel's IPsec: SAD and SPD over NETLINK_XFRM, packets in the kernel.
///
/// Requests are handed to a thread that keeps many in flight; a second thread hears the kernel's events.
package final class XFRMDataPlane: DataPlane {
    private typealias Observer = @Sendable (DatabaseNotification) -> Void

    /// What we put into the kernel, and take out again at the end.
    private struct Possessions {
        var associations: Set<SecurityAssociationID> = []
        var policies: Set<SecurityPolicyID> = []
    }

    package let summary: String
    private let traits: KernelTraits
    private let requester: NetlinkRequester
    private let listener: NetlinkListener
    private let acquireExpiry: AcquireExpiry
    private let possessions = Mutex(Possessions())
    /// What had been dropped before us.
    private let dropsAtStart = KernelDrops.now

    /// Sentences naming what the kernel lacks; empty when its IPsec is usable.
    package static func probe() -> [String] {
        KernelProbe.missing()
    }

    /// Opens the kernel's databases of the calling thread's network namespace.
    package init() throws(DatabaseFailure) {
        do throws(NetlinkRefusal) {
            var pipeline = try NetlinkPipeline(.xfrm)
            traits = KernelTraits.probe(over: &pipeline)
            requester = try NetlinkRequester(.xfrm, name: "xfrm-requests")
            let groups = [XFRMGroup.acquire, XFRMGroup.expire, XFRMGroup.mapping]
            listener = try NetlinkListener(.xfrm, groups: groups, receiveSpace: KernelEventStream.space)
        } catch {
            throw KernelProbe.failure(error)
        }
        acquireExpiry = .raise()
        summary = "kernel IPsec (XFRM)"
    }

    package func observe(_ observer: @escaping @Sendable (DatabaseNotification) -> Void) {
        let audience = NetlinkListener.Audience(
            message: { [self] header, payload in hear(header.type, payload, observer) },
            lost: { [self] in
                observer(.eventsLost)
                findExpired(observer)
            })
        // Without a thread to spare there are no events, which is what the observer must know.
        do throws(NetlinkRefusal) {
            try listener.start(name: "xfrm-events", audience)
        } catch {
            observer(.eventsLost)
        }
    }

    package func prepare(
        socket descriptor: Int32, family: AddressFamily, purpose: IKESocketPurpose
    ) throws(DatabaseFailure) {
        try SocketPreparation.prepare(descriptor, family, purpose)
    }

    /// What the kernel has dropped since we began.
    package var drops: [DropCount] { KernelDrops.now.since(dropsAtStart) }

    package func shutDown() {
        listener.shutDown()
        requester.shutDown { [self] in
            let left = possessions.withLock { $0 }
            return left.policies.map { NetlinkExchange(PolicyMessages.delete(SPDKey($0))) { _ in } }
                + left.associations.map { NetlinkExchange(StateMessages.delete(SADKey($0))) { _ in } }
        }
        acquireExpiry.restore()
    }

    private func hear(_ type: UInt16, _ payload: Span<UInt8>, _ observer: Observer) {
        // What ends early is no event; the kernel does not write such.
        guard let event = try? Notifications.decode(type, payload) else { return }
        if case .expired(let id) = event {
            possessions.withLock { _ = $0.associations.remove(id) }
        }
        observer(event)
    }

    /// Tells of our SAs that went while events were lost.
    private func findExpired(_ observer: @escaping Observer) {
        for id in possessions.withLock({ $0.associations }) {
            requester.submit(
                NetlinkExchange(StateMessages.get(SADKey(id))) { [self] refusal in
                    guard refusal?.code == ESRCH else { return }
                    let wasOurs = possessions.withLock { $0.associations.remove(id) != nil }
                    if wasOurs { observer(.expired(id)) }
                })
        }
    }
}

extension XFRMDataPlane: SecurityAssociationDatabase {
    package func add(_ association: SecurityAssociation, completion: @escaping DatabaseCompletion<Void>) {
        perform(completion) { [traits] () throws(DatabaseFailure) in
            let entry = try SADEntry(association, traits: traits)
            return (.addSA(entry), try StateMessages.add(entry, traits: traits))
        } onSuccess: {
            _ = $0.associations.insert(association.id)
        }
    }

    package func updateEncapsulation(
        of association: SecurityAssociation, to encapsulation: UDPEncapsulation,
        completion: @escaping DatabaseCompletion<Void>
    ) {
        perform(completion) { [traits] () throws(DatabaseFailure) in
            var entry = try SADEntry(association, traits: traits)
            entry.encapsulation = SADEntry.Encapsulation(.udp, ports: encapsulation)
            entry.acquireSequence = 0
            return (.updateSA(entry), try StateMessages.update(entry, traits: traits))
        }
    }

    package func delete(_ id: SecurityAssociationID, completion: @escaping DatabaseCompletion<Void>) {
        let key = SADKey(id)
        perform(completion) {
            (.deleteSA(key), StateMessages.delete(key))
        } onSuccess: {
            $0.associations.remove(id)
        }
    }

    package func usage(
        of id: SecurityAssociationID, completion: @escaping DatabaseCompletion<SecurityAssociationUsage>
    ) {
        get(id) { payload -> SecurityAssociationUsage? in
            var payload = payload
            return (try? StateRecord(&payload))?.usage.traffic
        } completion: { result in
            completion(result.map { $0 ?? SecurityAssociationUsage() })
        }
    }

    package func record(of id: SecurityAssociationID, completion: @escaping DatabaseCompletion<SADRecord>) {
        get(id) { payload in
            (try? SADRecord(kernel: payload)) ?? nil
        } completion: { result in
            completion(
                result.flatMap { record in
                    record.map(Result.success)
                        ?? .failure(
                            DatabaseFailure(.unsupported, "The kernel tells of \(id) in an unknown way."))
                })
        }
    }

    /// Asks for one SA; what is read of the answer is nil if `read` finds nothing in it.
    private func get<Value: Sendable>(
        _ id: SecurityAssociationID, read: @escaping @Sendable (Span<UInt8>) -> Value?,
        completion: @escaping DatabaseCompletion<Value?>
    ) {
        let answer = Collected<Value>()
        requester.submit(
            NetlinkExchange(StateMessages.get(SADKey(id))) { header, payload in
                if let value = read(payload) { answer.append(value) }
            } completion: { refusal in
                if let refusal {
                    let operation = KernelRefusal.Operation.request(.getSA(SADKey(id)))
                    completion(.failure(KernelRefusal.failure(refusal, of: operation, for: .daemon)))
                } else {
                    completion(.success(answer.values.first))
                }
            })
    }
}

extension XFRMDataPlane: SecurityPolicyDatabase {
    package func set(_ policy: SecurityPolicy, completion: @escaping DatabaseCompletion<Void>) {
        perform(completion) { () throws(DatabaseFailure) in
            let entry = SPDEntry(policy)
            return (.updatePolicy(entry), try PolicyMessages.set(entry))
        } onSuccess: {
            _ = $0.policies.insert(policy.id)
        }
    }

    package func delete(_ id: SecurityPolicyID, completion: @escaping DatabaseCompletion<Void>) {
        let key = SPDKey(id)
        perform(completion) {
            (.deletePolicy(key), PolicyMessages.delete(key))
        } onSuccess: {
            $0.policies.remove(id)
        }
    }

    package func policies(completion: @escaping DatabaseCompletion<[SecurityPolicy]>) {
        let answer = Collected<SecurityPolicy>()
        requester.submit(
            NetlinkExchange(PolicyMessages.list()) { header, payload in
                if let policy = try? SPDRecord(kernel: payload)?.policy { answer.append(policy) }
            } completion: { refusal in
                if let refusal {
                    completion(.failure(KernelRefusal.failure(refusal, of: .listPolicies, for: .daemon)))
                } else {
                    completion(.success(answer.values))
                }
            })
    }

    /// Submits a change and keeps the books of what is ours.
    private func perform(
        _ completion: @escaping DatabaseCompletion<Void>,
        request: () throws(DatabaseFailure) -> (DatabaseRequest, NetlinkRequest),
        onSuccess: @escaping @Sendable (inout Possessions) -> Void = { _ in }
    ) {
        do throws(DatabaseFailure) {
            let (wish, message) = try request()
            requester.submit(
                NetlinkExchange(message) { [self] refusal in
                    if let refusal {
                        let failure = KernelRefusal.failure(refusal, of: .request(wish), for: .daemon)
                        return completion(.failure(failure))
                    }
                    possessions.withLock { onSuccess(&$0) }
                    completion(.success(()))
                })
        } catch {
            completion(.failure(error))
        }
    }
}

/// What the answers to one request add up to.
private final class Collected<Value: Sendable>: Sendable {
    private let collection = Mutex<[Value]>([])

    var values: [Value] { collection.withLock { $0 } }

    func append(_ value: Value) {
        collection.withLock { $0.append(value) }
    }
}
