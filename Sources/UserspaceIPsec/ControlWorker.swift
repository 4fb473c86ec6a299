import ESP
import IPsec
import LinuxIO
import Synchronization

/// The thread that owns SAD and SPD: requests, lifetimes, routes and the MTU of the device.
struct ControlWorker: Sendable {
    private let engine: Engine
    private var database: EngineDatabase
    private var devices: DeviceSet
    private var wantedRoutes = WantedRoutes(ownAddresses: [])
    /// Where routes may not be what is wanted.
    private var owedRoutes: Set<IPPrefix> = []
    private var routes: RouteTable
    private var filter = ReversePathFilter()
    private var mtu = DeviceMTU.initial
    private var nextPathCheck: Instant
    /// Devices that are gone and could not be made anew yet.
    private var unrestored: [TUNDevice] = []

    /// How often path MTUs are looked at again.
    private static let pathInterval = Duration.seconds(10)

    init(_ engine: Engine) throws(DatabaseFailure) {
        self.engine = engine
        database = EngineDatabase(workers: engine.workerCount)
        devices = DeviceSet(engine.device, queues: engine.workerCount)
        database.devices = devices.devices
        routes = try RouteTable()
        nextPathCheck = MonotonicClock.now + Self.pathInterval
    }

    /// Works until the plane stops, then takes the routes away.
    mutating func run() {
        while !engine.isStopping {
            wait()
            carryOut(engine.control.takeAll())
            let now = MonotonicClock.now
            let due = database.due(now: now)
            if due.contains(where: \.isHard) { publish() }
            for expiry in due { tell(expiry) }
            if now >= nextPathCheck {
                adjustMTU()
                restoreDevices()
            }
        }
        carryOut(engine.control.close())
        routes.removeAll()
        filter.restore()
    }

    private func tell(_ expiry: EngineDatabase.Expiry) {
        if let notification = expiry.notification { engine.notify(notification) }
        engine.tell(.expired(expiry.record, isHard: expiry.isHard))
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
        // Before the first packet: the device must not hand us what the SA makes too long.
        if !changes.newOutbound.isEmpty { lowerMTU(for: changes.newOutbound) }
        if changes.hasAny { publish() }
        for answer in answers { answer() }
    }

    private struct Changes {
        var hasAny = false
        /// SAs that packets may have begun to leave through.
        var newOutbound: [SecurityAssociationID] = []
    }

    /// Carries out one request; what is returned answers it.
    private mutating func carryOut(_ request: ControlRequest, _ changes: inout Changes) -> () -> Void {
        changes.hasAny = changes.hasAny || request.isChange
        switch request {
        case .add(let association, let completion):
            if association.direction == .outbound { changes.newOutbound.append(association.id) }
            return answer(completion) { worker throws(DatabaseFailure) in
                try worker.database.add(association, now: MonotonicClock.now)
                worker.tell(association.id) { .added($0) }
            }
        case .updateEncapsulation(let id, let encapsulation, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in
                try worker.database.updateEncapsulation(of: id, to: encapsulation)
            }
        case .delete(let id, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in
                worker.tell(id) { .deleted($0) }
                try worker.database.remove(id)
            }
        case .usage(let id, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in try worker.database.usage(of: id) }
        case .set(let policy, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in
                let isNew = worker.database.facts(of: policy.id) == nil
                try worker.devices.prepare(policy.device, mtu: worker.mtu)
                try worker.database.set(policy)
                worker.tell(policy.id) { isNew ? .addedPolicy($0) : .updatedPolicy($0) }
                try worker.updateRoutes()
            }
        case .deletePolicy(let id, let completion):
            return answer(completion) { worker throws(DatabaseFailure) in
                worker.tell(id) { .deletedPolicy($0) }
                try worker.database.remove(id)
                try worker.updateRoutes()
            }
        case .policies(let completion):
            let policies = database.policies
            return { completion(.success(policies)) }
        case .socket(let socket):
            database.add(socket)
            return {}
        case .path(let report):
            learn(report)
            return {}
        case .lost(let device):
            restore(device)
            return {}
        case .administer(let request, let completion):
            return administer(request, completion, &changes)
        case .associations(let `protocol`, let completion):
            let records = database.records(`protocol`, now: MonotonicClock.now)
            return { completion(.success(records)) }
        case .policyRecords(let completion):
            let records = database.policyRecords(now: MonotonicClock.now)
            return { completion(.success(records)) }
        case .expiring(let id): return answerless(database.age(id, now: MonotonicClock.now))
        case .expire(let id): return answerless(database.end(id, now: MonotonicClock.now))
        }
    }

    private mutating func administer(
        _ request: DatabaseRequest, _ completion: @escaping DatabaseCompletion<DatabaseAnswer>,
        _ changes: inout Changes
    ) -> () -> Void {
        if let added = request.addedSA { changes.newOutbound.append(added) }
        return answer(completion) { worker throws(DatabaseFailure) in
            let own = request.addedSA != nil ? (try? LocalAddress.all()) ?? [] : []
            let result = try worker.database.carryOut(request, ownAddresses: own, now: MonotonicClock.now)
            if request.changesPolicies { try worker.updateRoutes() }
            return result
        }
    }

    /// Tells who watches of an SA as it is now.
    private func tell(_ id: SecurityAssociationID, _ event: (SADRecord) -> DatabaseEvent) {
        engine.tell((try? database.record(SADKey(id), now: MonotonicClock.now)).map(event))
    }

    private func tell(_ id: SecurityPolicyID, _ event: (SPDRecord) -> DatabaseEvent) {
        engine.tell((try? database.record(SPDKey(id), now: MonotonicClock.now)).map(event))
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

    /// What is told once the change is published.
    private func answerless(_ expiry: EngineDatabase.Expiry?) -> () -> Void {
        guard let expiry else { return {} }
        return { [self] in tell(expiry) }
    }

    private func publish() {
        engine.publish(database.snapshot)
    }

    /// Follows what has happened to policies: routes, devices, and the kernel's check of where packets come from.
    private mutating func updateRoutes() throws(DatabaseFailure) {
        let changes = database.takePolicyChanges()
        let own = (try? LocalAddress.all()) ?? []
        if own == wantedRoutes.ownAddresses {
            for change in changes { owedRoutes.formUnion(wantedRoutes.apply(change)) }
        } else {
            owedRoutes.formUnion(wantedRoutes.destinations)
            wantedRoutes = WantedRoutes(database.policyRows, ownAddresses: own)
            owedRoutes.formUnion(wantedRoutes.destinations)
        }
        filter.loosen(for: changes.compactMap(\.present))
        defer {
            for change in changes { devices.apply(change) }
            database.devices = devices.devices
        }
        for destination in owedRoutes {
            let wanted = wantedRoutes.route(to: destination)
            try routes.set(
                wanted.map { route in
                    RouteTable.Route(
                        device: devices.devices[devices.number(of: route.device)].index, source: route.source)
                }, to: destination)
            owedRoutes.remove(destination)
        }
    }

    /// Tries again what failed before.
    private mutating func restoreDevices() {
        // A policy may have taken its device with it.
        unrestored.removeAll { device in !devices.devices.contains { $0 === device } }
        guard !unrestored.isEmpty else { return }
        for device in unrestored { restore(device) }
        publish()
    }

    /// Makes a device anew that somebody deleted, and leads its routes there.
    private mutating func restore(_ device: TUNDevice) {
        // Each worker has noticed.
        guard devices.devices.contains(where: { $0 === device }) else { return }
        let found = "the network device \(device.name) of the data plane was deleted by another program"
        do throws(DatabaseFailure) {
            try devices.restore(device, mtu: mtu)
            database.devices = devices.devices
            owedRoutes.formUnion(wantedRoutes.destinations)
            try updateRoutes()
            unrestored.removeAll { $0 === device }
            engine.warn(
                "\(found); it was made anew with its routes, but addresses and filter rules that others gave it "
                    + "are gone: leave the device alone while tunnels need it")
        } catch {
            if !unrestored.contains(where: { $0 === device }) {
                unrestored.append(device)
                engine.warn(
                    "\(found), and cannot be made anew: \(error.explanation) It is tried again every "
                        + "\(Self.pathInterval.components.seconds) s; no packet passes its tunnels meanwhile."
                )
            }
        }
    }

    /// Believes a router's report of a packet that an SA of ours may have sent.
    private func learn(_ report: PathReport) {
        let meant = database.snapshot.carriers.between(report.source, report.destination)
            .filter { $0.isMeant(by: report) }
        guard !meant.isEmpty,
            let link = try? LocalAddress.pathMTU(towards: report.destination, mark: RouteMessages.mark)
        else { return }
        let now = MonotonicClock.now
        for entry in meant {
            entry.path.learn(report.mtu, link: link, report.destination.family, now: now)
        }
        // Of ESP in UDP the kernel has learned it, too.
        engine.pathEpoch.add(1, ordering: .releasing)
    }

    /// Makes room for what new SAs put around packets.
    private mutating func lowerMTU(for added: [SecurityAssociationID]) {
        let outbound = added.compactMap { id in
            if case .outbound(let entry) = database.installed(id) { [entry.association] } else { nil }
        }
        guard !outbound.isEmpty else { return }
        // What the first SAs need may be less than what was reserved when nothing was known.
        guard database.hasOutbound(besides: outbound.count) else { return adjustMTU() }
        setMTU(min(mtu, pathMTU(for: outbound + database.bundledChains)))
    }

    private mutating func adjustMTU() {
        nextPathCheck = MonotonicClock.now + Self.pathInterval
        engine.pathEpoch.add(1, ordering: .releasing)
        setMTU(pathMTU(for: database.bundles))
    }

    private func pathMTU(for bundles: [[SecurityAssociation]]) -> Int {
        var paths: [IPAddress: Int] = [:]
        return DeviceMTU.value(for: bundles) { remote in
            let path =
                paths[remote] ?? (try? LocalAddress.pathMTU(towards: remote, mark: RouteMessages.mark))
                ?? DeviceMTU.initial
            paths[remote] = path
            return path
        }
    }

    private mutating func setMTU(_ wanted: Int) {
        guard wanted != mtu else { return }
        for device in devices.devices where (try? device.setMTU(wanted)) == nil { return }
        mtu = wanted
    }
}

extension ControlRequest {
    /// Whether the packet threads have to see what it did.
    fileprivate var isChange: Bool {
        switch self {
        case .add, .delete, .set, .deletePolicy, .socket, .lost, .expire: true
        case .updateEncapsulation, .usage, .policies, .associations, .policyRecords, .expiring, .path: false
        case .administer(let request, _): request.changesDatabase
        }
    }
}

extension DatabaseRequest {
    /// The SA that it adds, or gives its keys.
    fileprivate var addedSA: SecurityAssociationID? {
        switch self {
        case .addSA(let entry), .updateSA(let entry): entry.id
        case .getSA, .deleteSA, .flushSAD, .allocateSPI, .addPolicy, .updatePolicy, .getPolicy, .deletePolicy,
            .flushSPD:
            nil
        }
    }

    fileprivate var changesPolicies: Bool {
        switch self {
        case .addPolicy, .updatePolicy, .deletePolicy, .flushSPD: true
        case .addSA, .updateSA, .getSA, .deleteSA, .flushSAD, .allocateSPI, .getPolicy: false
        }
    }

    fileprivate var changesDatabase: Bool {
        switch self {
        case .getSA, .getPolicy: false
        case .addSA, .updateSA, .deleteSA, .flushSAD, .allocateSPI, .addPolicy, .updatePolicy, .deletePolicy,
            .flushSPD:
            true
        }
    }
}
