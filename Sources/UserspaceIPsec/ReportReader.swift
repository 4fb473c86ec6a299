import ESP
import LinuxIO

/// Reads what routers say of packets that were too long for them, and leaves it to the thread that knows the SAs.
struct ReportReader: ~Copyable, Sendable {
    private let engine: Engine
    private var batch = ReceiveBatch(capacity: capacity, headroom: PacketPlace.headroom)

    /// Messages read at a time.
    private static let capacity = 4

    init(_ engine: Engine) {
        self.engine = engine
    }

    /// Takes what waits on a socket, a few messages at a time: the kernel drops what is too much.
    mutating func receive(_ socket: LayeredSocket) {
        guard let count = try? batch.receive(from: socket.socket.number) else { return }
        for index in 0..<count {
            guard let train = batch.train(index, localPort: 0),
                let packet = try? batch.wholePacket(train, index, socket),
                let report = batch.buffers[index].withBytes({ PathReport($0.extracting(packet)) })
            else { continue }
            engine.control.submit(report)
        }
    }
}
