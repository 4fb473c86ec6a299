package import IPsec
import LinuxIO
import Negotiation

/// The UDP sockets of IKE and the thread that reads them.
///
/// Inside the daemon the local ports are always 500 and 4500, whatever the sockets are bound to, so that
/// machines can tell by the port whether a path is one of NAT traversal.
package final class IKESockets: Sendable {
    private struct Entry: Sendable {
        var plan: SocketPlan
        var socket: DatagramSocket
    }

    private let entries: [Entry]
    private let dataPlane: any DataPlane
    private let log: Log

    /// Binds and prepares sockets; those that cannot be bound are told of, and end the start if all are needed.
    package init(
        _ plans: [SocketPlan], needsAll: Bool, dataPlane: any DataPlane, log: Log
    ) throws(StartFailure) {
        var entries: [Entry] = []
        var failure: StartFailure?
        for plan in plans {
            do {
                entries.append(Entry(plan: plan, socket: try Self.open(plan, dataPlane, log)))
            } catch {
                // A host may be without one family, but an address asked for by name is meant.
                failure = failure ?? error
                if needsAll { throw error }
                log.write(plan.family == .ipv6 ? .notice : .warning, error.explanation)
            }
        }
        if !plans.isEmpty, !entries.contains(where: { $0.plan.purpose == .ike }) {
            throw failure ?? StartFailure(.unavailable, "there is no socket to receive IKE on")
        }
        self.entries = entries
        self.dataPlane = dataPlane
        self.log = log
    }

    private static func open(
        _ plan: SocketPlan, _ dataPlane: any DataPlane, _ log: Log
    ) throws(StartFailure) -> DatagramSocket {
        let socket: DatagramSocket
        do {
            socket = try DatagramSocket(family: plan.family, address: plan.address, port: plan.port)
        } catch {
            throw StartFailure(error)
        }
        do {
            try dataPlane.prepare(socket: socket.number, family: plan.family, purpose: plan.purpose)
        } catch {
            // Unprepared, port 500 would be subject to the policies it serves; NAT traversal can be done without.
            let text = "preparing the socket of port \(plan.port): \(error.explanation)"
            throw StartFailure(error.kind == .notPermitted ? .notPermitted : .system, text)
        }
        return socket
    }

    /// What the sockets are bound to, for the log.
    package var summary: String {
        entries.map { "\($0.socket.local)" }.joined(separator: ", ")
    }

    // MARK: sending

    /// How shards send.
    ///
    /// Never waits: what the socket does not take is lost, as on the way.
    package var transmission: DatagramTransmission {
        DatagramTransmission(
            sendMessage: { [self] message, path in
                let isMarked = path.local.port == Self.natTraversalPort
                send(isMarked ? DatagramRouter.nonESPMarker + message : message, path)
            },
            sendKeepalive: { [self] path in send([0xff], path) })
    }

    static let ikePort: UInt16 = 500
    static let natTraversalPort: UInt16 = 4500

    private func send(_ datagram: [UInt8], _ path: Path) {
        let purpose: IKESocketPurpose = path.local.port == Self.natTraversalPort ? .natTraversal : .ike
        guard let socket = socket(for: path.local.address, purpose) else {
            log.debug("no socket to send from \(path.local) to \(path.remote)")
            return
        }
        var path = path
        path.local.port = socket.local.port
        do {
            try socket.send(datagram, along: path)
        } catch {
            log.write(
                Report(.warning, .dropped, ReportSubject(path: path), "not sent to \(path.remote): \(error)"))
        }
    }

    /// The socket bound to an address, else the one for every address.
    private func socket(for local: IPAddress, _ purpose: IKESocketPurpose) -> DatagramSocket? {
        func entry(boundTo address: IPAddress?) -> Entry? {
            entries.first {
                $0.plan.address == address && $0.plan.purpose == purpose && $0.plan.family == local.family
            }
        }
        return (entry(boundTo: local) ?? entry(boundTo: nil))?.socket
    }

    // MARK: receiving

    /// Starts the thread that reads until `stop` is signalled.
    func start(shards: ShardSet, stop: WakeUp) throws(StartFailure) -> WorkerThread {
        let own: [Entry]
        do {
            own = try ownEntries(shards)
        } catch {
            throw StartFailure(.system, error.explanation)
        }
        do {
            return try WorkerThread("ike-sockets") { [self] in read(own, into: shards, until: stop) }
        } catch {
            throw StartFailure(error)
        }
    }

    /// The sockets that the plane does not read itself.
    private func ownEntries(_ shards: ShardSet) throws(DatabaseFailure) -> [Entry] {
        var own: [Entry] = []
        for entry in entries {
            guard entry.plan.purpose == .natTraversal else {
                own.append(entry)
                continue
            }
            let reader = try dataPlane.takeOver(socket: entry.socket.number) { message, path in
                let path = Self.normalized(path, .natTraversal)
                let shard = DatagramRouter.shard(of: path.remote.address, among: shards.count)
                shards.post([.datagram(message, path)], toShard: shard)
            }
            switch reader {
            case .caller: own.append(entry)
            case .plane: break
            }
        }
        return own
    }

    private func read(_ entries: [Entry], into shards: ShardSet, until stop: WakeUp) {
        var poller = Poller()
        let end = poller.watch(stop.number)
        let places = entries.map { poller.watch($0.socket.number) }
        var batch = DatagramBatch()
        while true {
            do {
                guard try poller.wait() else { continue }
            } catch {
                log.error("waiting for datagrams: \(error)")
                return
            }
            if poller.isReady(end) { return }
            // What comes meanwhile is then read with it: a thread that wakes for each datagram costs more than it reads.
            if shards.isBusy { MonotonicClock.pause(Self.patience) }
            for (place, entry) in zip(places, entries) where poller.isReady(place) {
                receive(entry, &batch, shards)
            }
        }
    }

    /// How long datagrams wait to be read where nobody has time for them yet.
    private static let patience = Duration.microseconds(1000)

    private func receive(_ entry: Entry, _ batch: inout DatagramBatch, _ shards: ShardSet) {
        let count: Int
        do {
            count = try entry.socket.receive(into: &batch)
        } catch {
            // An ICMP error of an earlier datagram arrives here; the exchange it hit has its own timers.
            log.debug("receiving on port \(entry.plan.port): \(error)")
            return
        }
        var events = [[Event]](repeating: [], count: shards.count)
        for index in 0..<count {
            guard let path = batch.path(index), !batch.isTruncated(index) else {
                log.debug("a datagram on port \(entry.plan.port) came without its addresses or was cut short")
                continue
            }
            let octets = batch.bytes(index)
            switch DatagramRouter.classify(octets, purpose: entry.plan.purpose) {
            case .ike(let markerSize):
                let shard = DatagramRouter.shard(of: path.remote.address, among: shards.count)
                let message = markerSize == 0 ? octets : Array(octets.dropFirst(markerSize))
                events[shard].append(.datagram(message, Self.normalized(path, entry.plan.purpose)))
            // A kernel's ESP never gets here, and a plane that does ESP itself reads the socket.
            case .encapsulated, .keepalive, .runt: continue
            }
        }
        for (shard, events) in events.enumerated() where !events.isEmpty {
            shards.post(events, toShard: shard)
        }
    }

    private static func normalized(_ path: Path, _ purpose: IKESocketPurpose) -> Path {
        var path = path
        path.local.port =
            switch purpose {
            case .ike: ikePort
            case .natTraversal: natTraversalPort
            }
        return path
    }
}
