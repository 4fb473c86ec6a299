import ESP
import IPsec
import LinuxIO
import Synchronization

/// What the threads of the plane share: descriptors, the published snapshot, counters, and the observer.
final class Engine: Sendable {
    /// The plane's own device; others are in the snapshot.
    let device: TUNDevice
    let sockets: PlaneSockets
    let control: ControlQueue
    /// How many workers there are.
    let workerCount: Int
    /// One for each worker.
    let counters: [DropCounters]
    /// Each rings when the snapshot changed, another worker left something, or the plane stops.
    let wakes: [WakeUp]
    let rings: WorkerRings
    /// Counts up whenever a path may have become shorter or longer.
    let pathEpoch = Atomic<UInt64>(0)
    private let published = Mutex(Snapshot())
    private let generation = Atomic<UInt64>(1)
    private let stopping = Atomic(false)
    private let observer = Mutex<@Sendable (DatabaseNotification) -> Void>({ _ in })
    private let troubleObserver = Mutex<@Sendable (String) -> Void>({ _ in })
    private let watcher = Mutex<(@Sendable (DatabaseEvent) -> Void)?>(nil)

    init(workers: Int) throws(SystemError) {
        workerCount = workers
        device = try TUNDevice.prepared(named: "swiftike%d", queues: workers, mtu: DeviceMTU.initial)
        sockets = try PlaneSockets()
        control = try ControlQueue()
        var wakes: [WakeUp] = []
        for _ in 0..<workers { wakes.append(try WakeUp()) }
        self.wakes = wakes
        rings = WorkerRings(wakes)
        counters = (0..<workers).map { _ in DropCounters() }
    }

    func observe(_ observer: @escaping @Sendable (DatabaseNotification) -> Void) {
        self.observer.withLock { $0 = observer }
    }

    func notify(_ notification: DatabaseNotification) {
        let observer = observer.withLock { $0 }
        observer(notification)
        if case .acquire(let acquire) = notification { tell(.acquire(acquire)) }
    }

    func observeTrouble(_ observer: @escaping @Sendable (String) -> Void) {
        troubleObserver.withLock { $0 = observer }
    }

    /// Tells the host's administrator of something to be seen to, once.
    func warn(_ sentence: String) {
        let observer = troubleObserver.withLock { $0 }
        observer(sentence)
    }

    func watch(_ watcher: @escaping @Sendable (DatabaseEvent) -> Void) {
        self.watcher.withLock { $0 = watcher }
    }

    /// Tells who watches of a change; `event` is asked for only if somebody does.
    func tell(_ event: @autoclosure () -> DatabaseEvent?) {
        guard let watcher = watcher.withLock({ $0 }), let event = event() else { return }
        watcher(event)
    }

    /// Replaces what the packet threads see.
    func publish(_ snapshot: Snapshot) {
        published.withLock { $0 = snapshot }
        generation.add(1, ordering: .releasing)
        for wake in wakes { wake.signal() }
    }

    /// Brings a thread's own copy up to date; true if it changed.
    func refresh(_ view: inout View) -> Bool {
        let current = generation.load(ordering: .acquiring)
        guard current != view.generation else { return false }
        view = View(generation: current, snapshot: published.withLock { $0 })
        return true
    }

    /// A thread's own copy of the snapshot.
    struct View: Sendable {
        fileprivate(set) var generation: UInt64 = 0
        fileprivate(set) var snapshot = Snapshot()
    }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() {
        stopping.store(true, ordering: .releasing)
        for wake in wakes { wake.signal() }
        control.wake.signal()
    }

    /// Tells of a limit that a packet made an SA reach.
    func report(_ signal: LifetimeSignal?, of id: SecurityAssociationID) {
        switch signal {
        case nil: break
        case .soft: control.submit(.expiring(id))
        case .hard: control.submit(.expire(id))
        }
    }
}
