import IPsec
import LinuxIO

/// A thread that reads devices and sockets, and owns SAs: all that happens to their packets happens on it.
///
/// Each worker reads a queue of its own of every device. The first one reads the sockets, too. What concerns an SA of
/// another worker is handed on; all SAs of a peer belong to one worker (`WorkerAssignment`).
struct Worker: ~Copyable, Sendable {
    private enum Source {
        case wake
        case device(TUNQueue)
        case encapsulated(EncapsulationSocket)
        case raw(RawSocket)
        /// Packets of another protocol of IPsec.
        case layered(LayeredSocket)
        /// Routers' errors about our packets.
        case reports(LayeredSocket)

        var descriptor: Int32? {
            switch self {
            case .wake: nil
            case .device(let queue): queue.number
            case .encapsulated(let socket): socket.number
            case .raw(let socket): socket.number
            case .layered(let socket), .reports(let socket): socket.socket.number
            }
        }
    }

    private let engine: Engine
    private let number: Int
    private var view = Engine.View()
    private var outbound: OutboundPath
    private var encapsulated: InboundPath
    private var raw: InboundPath
    private var layered: LayeredPath
    private var reports: ReportReader
    private var post: ParcelPost
    private var parcel = Parcel(buffer: PacketPlace.buffer())
    private var sources: [Source] = []
    private var poller = Poller()

    /// The worker that reads the sockets.
    static let socketReader = 0
    /// Packets read from a device before other things get their turn, and their octets.
    private static let burst = (packets: 64, octets: 512 << 10)
    /// Receive calls to a socket before other things get their turn.
    private static let receiveBurst = 4
    /// Trains of datagrams, and raw packets, received at a time: what fits into a cache, and what a call may bring.
    private static let trainCapacity = 8
    private static let rawCapacity = 64

    init(_ engine: Engine, number: Int) {
        self.engine = engine
        self.number = number
        outbound = OutboundPath(engine, number: number)
        encapsulated = InboundPath(engine, number: number, capacity: Self.trainCapacity)
        raw = InboundPath(engine, number: number, capacity: Self.rawCapacity)
        layered = LayeredPath(engine, number: number)
        reports = ReportReader(engine)
        post = ParcelPost(engine.rings, number: number, of: engine.workerCount)
    }

    /// Works until the plane stops.
    mutating func run() {
        while !engine.isStopping {
            if engine.refresh(&view) { adopt() }
            _ = try? poller.wait(outbound.isWaiting ? .seconds(1) : nil)
            if engine.refresh(&view) { adopt() }
            for place in sources.indices where poller.isReady(place) {
                if !isLost(place) { serve(sources[place]) }
            }
            takeParcels()
            outbound.flush()
            post.wakeAddressees()
            if outbound.isWaiting { outbound.expire(now: MonotonicClock.now) }
        }
    }

    /// Follows the databases.
    private mutating func adopt() {
        var sources: [Source] = [.wake]
        for device in view.snapshot.devices { sources.append(.device(device.queues[number])) }
        if number == Self.socketReader {
            sources += view.snapshot.encapsulationSockets.map(Source.encapsulated)
            sources += [engine.sockets.esp4, engine.sockets.esp6].compactMap { $0 }.map(Source.raw)
            sources += engine.sockets.layered.filter { $0.isNeeded(view.snapshot) }.map(Source.layered)
            sources += engine.sockets.reports.map(Source.reports)
        }
        self.sources = sources
        poller = Poller()
        for source in sources { _ = poller.watch(source.descriptor ?? engine.wakes[number].number) }
        encapsulated.adopt()
        raw.adopt()
        outbound.adopt(view.snapshot, &post)
    }

    /// Whether a source is a device that somebody deleted; it is not looked at again.
    private mutating func isLost(_ place: Int) -> Bool {
        guard case .device(let queue) = sources[place], poller.isBroken(place) else { return false }
        poller.ignore(place)
        let number = number
        if let device = view.snapshot.devices.first(where: { $0.queues[number] === queue }) {
            engine.control.submit(.lost(device))
        }
        return true
    }

    private mutating func serve(_ source: Source) {
        switch source {
        case .wake: engine.wakes[number].acknowledge()
        case .device(let queue): read(queue)
        case .encapsulated(let socket):
            for _ in 0..<Self.receiveBurst {
                guard
                    encapsulated.receive(
                        socket.number, port: socket.local.port, .encapsulated(socket), view.snapshot, &post,
                        &layered)
                else { return }
            }
        case .raw(let socket):
            for _ in 0..<Self.receiveBurst {
                guard raw.receive(socket.number, port: 0, .raw, view.snapshot, &post, &layered) else {
                    return
                }
            }
        case .reports(let socket): reports.receive(socket)
        case .layered(let socket):
            for _ in 0..<Self.receiveBurst {
                guard layered.receive(socket, view.snapshot, &post) else { return }
            }
        }
    }

    private mutating func read(_ queue: TUNQueue) {
        var octets = 0
        for _ in 0..<Self.burst.packets {
            guard octets < Self.burst.octets, let count = outbound.readPacket(queue, view.snapshot, &post)
            else { return }
            octets += count
        }
    }

    /// Takes what other workers left.
    private mutating func takeParcels() {
        for sender in 0..<engine.workerCount {
            for _ in 0..<WorkerRings.capacity {
                guard post.take(&parcel, from: sender) else { break }
                switch parcel.contents {
                case .outbound(let count):
                    outbound.takeOver(&parcel.buffer, count, view.snapshot, &post)
                case .encapsulated(let train, let socket):
                    encapsulated.takeOver(
                        &parcel.buffer, train, .encapsulated(socket), view.snapshot, &post, &layered)
                case .esp(let train):
                    raw.takeOver(&parcel.buffer, train, .raw, view.snapshot, &post, &layered)
                case .sealed(let count, let bundle, let next):
                    outbound.takeSealed(&parcel.buffer, count, bundle, next, view.snapshot, &post)
                case .opened(let count, let used):
                    layered.takeOver(&parcel.buffer, count, used, view.snapshot, &post)
                }
            }
        }
    }
}
