import ESP
import IPsec
import LinuxIO

/// The thread that reads ESP, protocol 50, from the raw sockets.
struct InboundWorker: ~Copyable, Sendable {
    private let engine: Engine
    private var path: InboundPath
    private var batch = DatagramBatch(capacity: 32)
    private var scratch: [UInt8] = []

    init(_ engine: Engine) {
        self.engine = engine
        path = InboundPath(engine)
    }

    /// Works until the plane stops.
    mutating func run() {
        var poller = Poller()
        let sockets = [engine.sockets.esp4, engine.sockets.esp6].compactMap { $0 }
        let places = sockets.map { poller.watch($0.number) }
        let wake = poller.watch(engine.inboundWake.number)
        while !engine.isStopping {
            _ = try? poller.wait()
            if poller.isReady(wake) { engine.inboundWake.acknowledge() }
            for (socket, place) in zip(sockets, places) where poller.isReady(place) { receive(socket) }
        }
    }

    private mutating func receive(_ socket: RawSocket) {
        // An error the kernel reports here is an ICMP answer to something sent; reading it clears it.
        guard let count = try? socket.receive(into: &batch) else { return }
        for index in 0..<count {
            guard !batch.isTruncated(index) else {
                engine.counters.count(.plane(.truncated))
                continue
            }
            switch socket.family {
            case .ipv4:
                batch.copy(index, into: &scratch)
                path.receiveIPPacket(scratch)
            case .ipv6: receiveIPv6(index)
            }
        }
    }

    private mutating func receiveIPv6(_ index: Int) {
        guard let ends = batch.path(index) else { return }
        batch.copy(index, into: &scratch)
        let outer = ESPPacket.Outer(
            source: ends.remote.address, destination: ends.local.address,
            trafficClass: batch.trafficClass(index))
        path.receivePayload(scratch, outer: outer, from: nil)
    }
}
