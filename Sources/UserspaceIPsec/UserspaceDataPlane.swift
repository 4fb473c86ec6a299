import ESP
package import IPsec
import LinuxIO
import Synchronization

/// SAD, SPD and ESP in this process, for hosts whose kernel has none: TUN device, software ESP, raw or UDP sockets.
///
/// Packets to what a policy protects are routed into the device by a table and a rule of our own. What arrives in
/// clear although a policy wants it protected cannot be seen from here; a packet filter has to refuse it.
/// One such plane works in a network namespace at a time.
package final class UserspaceDataPlane: DataPlane {
    private let engine: Engine
    private let threads: Mutex<[WorkerThread]>

    /// What this host lacks for it, a sentence each; empty if nothing.
    package static func probe() -> [String] {
        var lacking: [String] = []
        if (try? LocalFile.facts(of: "/dev/net/tun")) == nil {
            lacking.append("There is no /dev/net/tun; load the tun module or make the device available.")
        }
        if !Capability.netAdmin.isHeld {
            lacking.append("We lack CAP_NET_ADMIN, which making a TUN device and routes needs.")
        }
        if !Capability.netRaw.isHeld { lacking.append("We lack CAP_NET_RAW, which sending ESP needs.") }
        return lacking
    }

    /// Makes the device, the sockets and the rule, and starts the threads.
    ///
    /// - Parameter maximumWorkers: how many threads at most carry packets; there are no more than processors.
    package init(maximumWorkers: Int = defaultMaximumWorkers) throws(DatabaseFailure) {
        do throws(SystemError) {
            engine = try Engine(workers: max(1, min(maximumWorkers, Processors.count)))
        } catch {
            throw DatabaseFailure(
                Capability.netAdmin.isHeld ? .other : .notPermitted,
                "User-space IPsec cannot start: \(error).")
        }
        threads = Mutex([])
        let control = try ControlWorker(engine)
        do throws(SystemError) {
            let started = try Self.start(control, engine)
            threads.withLock { $0 = started }
        } catch {
            engine.stop()
            throw DatabaseFailure(.other, "User-space IPsec cannot start its threads: \(error).")
        }
    }

    /// Enough for some ten gigabits a second; more would rather be in the way of what else the host does.
    package static let defaultMaximumWorkers = 4

    private static func start(_ control: ControlWorker, _ engine: Engine) throws(SystemError)
        -> [WorkerThread]
    {
        var threads = [
            try WorkerThread("esp-control") {
                var worker = control
                worker.run()
            }
        ]
        for number in 0..<engine.workerCount {
            threads.append(
                try WorkerThread("esp-\(number)") {
                    var worker = Worker(engine, number: number)
                    worker.run()
                })
        }
        return threads
    }

    package var summary: String { "user-space ESP through the TUN device \(engine.device.name)" }

    package var hasNamedDevices: Bool { true }

    package var drops: [DropCount] {
        let values = engine.counters.reduce(into: [PacketDrop: UInt64]()) { sum, counters in
            sum.merge(counters.values, uniquingKeysWith: &+)
        }
        return PacketDrop.all.compactMap { reason in
            values[reason].map { DropCount(name: reason.counterName, sentence: reason.sentence, count: $0) }
        }
    }

    package var droppedPackets: [DroppedPacket] {
        engine.counters.flatMap(\.samples).sorted { $0.at < $1.at }
    }

    package func record(of id: SecurityAssociationID, completion: @escaping DatabaseCompletion<SADRecord>) {
        engine.control.submit(
            .administer(.getSA(SADKey(id))) { result in
                completion(
                    result.flatMap { answer in
                        guard case .association(let record) = answer else {
                            return .failure(DatabaseFailure(.notFound, "There is no SA \(id)."))
                        }
                        return .success(record)
                    })
            })
    }

    package func observe(_ observer: @escaping @Sendable (DatabaseNotification) -> Void) {
        engine.observe(observer)
    }

    /// Sets who is told, in a sentence for the log, of what somebody should see to.
    package func observeTrouble(_ observer: @escaping @Sendable (String) -> Void) {
        engine.observeTrouble(observer)
    }

    /// Sets who is told of what happens in the databases, but for what `administration` is asked to do.
    package func watch(_ watcher: @escaping @Sendable (DatabaseEvent) -> Void) {
        engine.watch(watcher)
    }

    /// The databases for an administrator; used on one thread.
    package func administration() throws(DatabaseFailure) -> UserspaceAdministration {
        do throws(SystemError) {
            return try UserspaceAdministration(engine.control)
        } catch {
            throw DatabaseFailure(.other, "User-space IPsec cannot be administered: \(error).")
        }
    }

    package func prepare(
        socket descriptor: Int32, family: AddressFamily, purpose: IKESocketPurpose
    ) throws(DatabaseFailure) {
        do throws(SystemError) {
            try DatagramSocket.setMark(RouteMessages.mark, of: descriptor)
        } catch {
            throw DatabaseFailure(
                Capability.netAdmin.isHeld ? .other : .notPermitted, "Cannot prepare an IKE socket: \(error)."
            )
        }
    }

    package func takeOver(
        socket descriptor: Int32, deliver: @escaping @Sendable ([UInt8], Path) -> Void
    ) throws(DatabaseFailure) -> SocketReader {
        do throws(SystemError) {
            engine.control.submit(
                .socket(try EncapsulationSocket(duplicating: descriptor, deliver: deliver)))
        } catch {
            throw DatabaseFailure(.other, "Cannot take over a NAT traversal socket: \(error).")
        }
        return .plane
    }

    package func shutDown() {
        engine.stop()
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { thread.join() }
    }
}

extension UserspaceDataPlane {
    package func add(_ association: SecurityAssociation, completion: @escaping DatabaseCompletion<Void>) {
        engine.control.submit(.add(association, completion))
    }

    package func updateEncapsulation(
        of association: SecurityAssociation, to encapsulation: UDPEncapsulation,
        completion: @escaping DatabaseCompletion<Void>
    ) {
        engine.control.submit(.updateEncapsulation(association.id, encapsulation, completion))
    }

    package func delete(_ id: SecurityAssociationID, completion: @escaping DatabaseCompletion<Void>) {
        engine.control.submit(.delete(id, completion))
    }

    package func usage(
        of id: SecurityAssociationID, completion: @escaping DatabaseCompletion<SecurityAssociationUsage>
    ) {
        engine.control.submit(.usage(id, completion))
    }

    package func set(_ policy: SecurityPolicy, completion: @escaping DatabaseCompletion<Void>) {
        engine.control.submit(.set(policy, completion))
    }

    package func delete(_ id: SecurityPolicyID, completion: @escaping DatabaseCompletion<Void>) {
        engine.control.submit(.deletePolicy(id, completion))
    }

    package func policies(completion: @escaping DatabaseCompletion<[SecurityPolicy]>) {
        engine.control.submit(.policies(completion))
    }
}
