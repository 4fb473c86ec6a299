import ESP
import IPsec
import LinuxIO
import Synchronization

/// What the threads of the plane share: descriptors, the published snapshot, counters, and the observer.
final class Engine: Sendable {
    let device: TUNDevice
    let sockets: PlaneSockets
    let counters = DropCounters()
    let control: ControlQueue
    /// Rings when the snapshot changed or the plane stops, for the thread that reads the device.
    let outboundWake: WakeUp
    /// Rings when the plane stops, for the thread that reads ESP.
    let inboundWake: WakeUp
    private let published = Mutex(Snapshot())
    private let generation = Atomic<UInt64>(1)
    private let stopping = Atomic(false)
    private let observer = Mutex<@Sendable (DatabaseNotification) -> Void>({ _ in })
    private let watcher = Mutex<(@Sendable (DatabaseEvent) -> Void)?>(nil)

    init() throws(SystemError) {
        device = try TUNDevice.prepared()
        sockets = try PlaneSockets()
        control = try ControlQueue()
        outboundWake = try WakeUp()
        inboundWake = try WakeUp()
    }

    func observe(_ observer: @escaping @Sendable (DatabaseNotification) -> Void) {
        self.observer.withLock { $0 = observer }
    }

    func notify(_ notification: DatabaseNotification) {
        let observer = observer.withLock { $0 }
        observer(notification)
        if case .acquire(let acquire) = notification { tell(.acquire(acquire)) }
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
        outboundWake.signal()
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
        outboundWake.signal()
        inboundWake.signal()
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

extension TUNDevice {
    /// The plane's device, up, and without what would make it send or drop packets of its own accord.
    fileprivate static func prepared() throws(SystemError) -> TUNDevice {
        let device = try TUNDevice(named: "swiftike%d")
        // Absent where the kernel has no such setting; nothing depends on it then.
        try? LocalFile.write("1", to: "/proc/sys/net/ipv6/conf/\(device.name)/addr_gen_mode")
        try? LocalFile.write("0", to: "/proc/sys/net/ipv4/conf/\(device.name)/rp_filter")
        try device.setMTU(DeviceMTU.initial)
        try device.setQueueLength(1000)
        try device.setUp()
        return device
    }
}
