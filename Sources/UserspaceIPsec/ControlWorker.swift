import IPsec
import LinuxIO

/// The thread that owns SAD and SPD: requests, lifetimes, routes and the MTU of the device.
struct ControlWorker: Sendable {
    private let engine: Engine
    private var database = EngineDatabase()
    private var routes: RouteTable
    private var filter = ReversePathFilter()
    private var mtu = DeviceMTU.initial
    private var nextPathCheck: Instant

    /// How often path MTUs are looked at again.
    private static let pathInterval = Duration.seconds(10)

    init(_ engine: Engine) throws(DatabaseFailure) {
        self.engine = engine
        routes = try RouteTable(device: engine.device.index)
        nextPathCheck = MonotonicClock.now + Self.pathInterval
    }

    /// Works until the plane stops, then takes the routes away.
    mutating func run() {
        while !engine.isStopping {
            wait()
            carryOut(engine.control.takeAll())
            let now = MonotonicClock.now
            let due = database.due(now: now)
            if due.contains(where: \.isExpiry) { publish() }
            for notification in due { engine.notify(notification) }
            if now >= nextPathCheck { adjustMTU() }
        }
        carryOut(engine.control.close())
        routes.removeAll()
        filter.restore()
    }

    private func wait() {
        var poller = Poller()
        let place = poller.watch(engine.control.wake.number)
        let next = min(database.nextDeadline ?? nextPathCheck, nextPathCheck)
        _ = try? poller.wait(max(next - MonotonicClock.now, .zero))
        if poller.isReady(place) { engine.control.wake.acknowledge() }
    }

    /// Carries out requests in order; what they change is published once, before any of them is answered.
    private mutating func carryOut(_ requests: [ControlRequest]) {
        guard !requests.isEmpty else { return }
        var changes = Changes()
        let answers = requests.map { carryOut($0, &changes) }
        if changes.hasNewOutbound {
            // Before the first packet: the device must not hand us what the SA makes too long.
            adjustMTU()
        }
        if changes.hasAny { publish() }
        for answer in answers { answer() }
    }

    private struct Changes {
        var hasAny = false
        var hasNewOutbound = false
    }

    /// Carries out one request; what is returned answers it.
    private mutating func carryOut(_ request: ControlRequest, _ changes: inout Changes) -> () -> Void {
        changes.hasAny = changes.hasAny || request.isChange
        switch request {
        case .add(let association, let completion):
            changes.hasNewOutbound = changes.hasNewOutbound || association.direction == .outbound
            return answer(completion) { worker throws(DatabaseFailure) in
                try worker.database.add(association, now: MonotonicClock.now)
            }
        case .updateEncapsulation(let id, let encapsulation, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in
                try worker.database.updateEncapsulation(of: id, to: encapsulation)
            }
        case .delete(let id, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in try worker.database.remove(id) }
        case .usage(let id, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in try worker.database.usage(of: id) }
        case .set(let policy, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in
                try worker.database.set(policy)
                try worker.updateRoutes()
            }
        case .deletePolicy(let id, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in
                try worker.database.remove(id)
                try worker.updateRoutes()
            }
        case .policies(let completion):
            let policies = database.policies
            return { completion(.success(policies)) }
        case .socket(let socket):
            database.add(socket)
            return {}
        case .expire(let id):
            return expire(id)
        }
    }

    private mutating func answer<Value: Sendable>(
        _ completion: @escaping DatabaseCompletion<Value>,
        _ work: (inout Self) throws(DatabaseFailure) -> Value
    ) -> () -> Void {
        do throws(DatabaseFailure) {
            let value = try work(&self)
            return { completion(.success(value)) }
        } catch {
            return { completion(.failure(error)) }
        }
    }

    private mutating func expire(_ id: SecurityAssociationID) -> () -> Void {
        guard (try? database.remove(id)) != nil else { return {} }
        return { [engine] in engine.notify(.expired(id)) }
    }

    private func publish() {
        engine.publish(database.snapshot)
    }

    private mutating func updateRoutes() throws(DatabaseFailure) {
        let own = (try? LocalAddress.all()) ?? []
        filter.loosen(for: database.policies)
        try routes.update(to: WantedRoutes.routes(for: database.policies, ownAddresses: own))
    }

    private mutating func adjustMTU() {
        nextPathCheck = MonotonicClock.now + Self.pathInterval
        var paths: [IPAddress: Int] = [:]
        let wanted = DeviceMTU.value(for: database.outbound.map(\.association)) { remote in
            let path =
                paths[remote] ?? (try? LocalAddress.pathMTU(towards: remote, mark: RouteMessages.mark))
                ?? DeviceMTU.initial
            paths[remote] = path
            return path
        }
        guard wanted != mtu, (try? engine.device.setMTU(wanted)) != nil else { return }
        mtu = wanted
    }
}

extension ControlRequest {
    /// Whether the packet threads have to see what it did.
    fileprivate var isChange: Bool {
        switch self {
        case .add, .delete, .set, .deletePolicy, .socket, .expire: true
        case .updateEncapsulation, .usage, .policies: false
        }
    }
}

extension DatabaseNotification {
    fileprivate var isExpiry: Bool {
        if case .expired = self { true } else { false }
    }
}
