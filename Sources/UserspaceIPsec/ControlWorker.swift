import IPsec
import LinuxIO

/// The thread that owns SAD and SPD: requests, lifetimes, routes and the MTU of the device.
struct ControlWorker: Sendable {
    private let engine: Engine
    private var database = EngineDatabase()
    private var routes: RouteTable
    private var mtu = DeviceMTU.initial

    /// How often path MTUs are looked at again.
    private static let pathInterval = Duration.seconds(10)

    init(_ engine: Engine) throws(DatabaseFailure) {
        self.engine = engine
        routes = try RouteTable(device: engine.device.index)
    }

    /// Works until the plane stops, then takes the routes away.
    mutating func run() {
        while !engine.isStopping {
            wait()
            for request in engine.control.takeAll() { carryOut(request) }
            let due = database.due(now: MonotonicClock.now)
            if due.contains(where: \.isExpiry) { publish() }
            for notification in due { engine.notify(notification) }
            adjustMTU()
        }
        for request in engine.control.takeAll() { carryOut(request) }
        routes.removeAll()
    }

    private func wait() {
        var poller = Poller()
        let place = poller.watch(engine.control.wake.number)
        let left = database.nextDeadline.map { max($0 - MonotonicClock.now, .zero) }
        _ = try? poller.wait(min(left ?? Self.pathInterval, Self.pathInterval))
        if poller.isReady(place) { engine.control.wake.acknowledge() }
    }

    private mutating func carryOut(_ request: ControlRequest) {
        switch request {
        case .add(let association, let completion):
            answer(completion) { worker throws(DatabaseFailure) in
                try worker.database.add(association, now: MonotonicClock.now)
                // Before its first packet: the device must not hand us what the SA makes too long.
                worker.adjustMTU()
            }
        case .updateEncapsulation(let id, let encapsulation, let completion):
            completion(
                Result { () throws(DatabaseFailure) in
                    try database.updateEncapsulation(of: id, to: encapsulation)
                })
        case .delete(let id, let completion):
            answer(completion) { worker throws(DatabaseFailure) in try worker.database.remove(id) }
        case .usage(let id, let completion):
            completion(Result { () throws(DatabaseFailure) in try database.usage(of: id) })
        case .set(let policy, let completion):
            answer(completion) { worker throws(DatabaseFailure) in
                try worker.database.set(policy)
                try worker.updateRoutes()
            }
        case .deletePolicy(let id, let completion):
            answer(completion) { worker throws(DatabaseFailure) in
                try worker.database.remove(id)
                try worker.updateRoutes()
            }
        case .policies(let completion):
            completion(.success(database.policies))
        case .socket(let socket):
            database.add(socket)
            publish()
        case .expire(let id):
            expire(id)
        }
    }

    /// Makes a change, publishes it, then tells whether it worked.
    private mutating func answer(
        _ completion: DatabaseCompletion<Void>, _ change: (inout Self) throws(DatabaseFailure) -> Void
    ) {
        do throws(DatabaseFailure) {
            try change(&self)
            publish()
            completion(.success(()))
        } catch {
            completion(.failure(error))
        }
    }

    private mutating func expire(_ id: SecurityAssociationID) {
        guard database.contains(id) else { return }
        try? database.remove(id)
        publish()
        engine.notify(.expired(id))
    }

    private func publish() {
        engine.publish(database.snapshot)
    }

    private mutating func updateRoutes() throws(DatabaseFailure) {
        let own = (try? LocalAddress.all()) ?? []
        try routes.update(to: WantedRoutes.routes(for: database.policies, ownAddresses: own))
    }

    private mutating func adjustMTU() {
        let wanted = DeviceMTU.value(for: database.outbound.map(\.association)) { remote in
            (try? LocalAddress.pathMTU(towards: remote, mark: RouteMessages.mark)) ?? DeviceMTU.initial
        }
        guard wanted != mtu, (try? engine.device.setMTU(wanted)) != nil else { return }
        mtu = wanted
    }
}

extension DatabaseNotification {
    fileprivate var isExpiry: Bool {
        if case .expired = self { true } else { false }
    }
}
