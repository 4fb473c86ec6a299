import Glibc
import LinuxIO
import Synchronization

/// Signals in the order they came, for the main thread.
///
/// A second wish to end is granted at once.
final class SignalInbox: Sendable {
    private let waiting = Mutex<[Int32]>([])
    private let wakeUp: WakeUp

    init(_ signals: [Int32]) throws(SystemError) {
        wakeUp = try WakeUp()
        _ = try SignalThread.start(signals) { [self] signal in received(signal) }
    }

    private func received(_ signal: Int32) {
        let endsTwice = waiting.withLock { waiting in
            let isEnding = waiting.contains { $0 == SIGTERM || $0 == SIGINT }
            waiting.append(signal)
            return isEnding && (signal == SIGTERM || signal == SIGINT)
        }
        if endsTwice { _exit(1) }
        wakeUp.signal()
    }

    /// Waits for the next signal.
    ///
    /// One that ends stays noted, so that another one is known for a second.
    func next() -> Int32 {
        while true {
            let signal = waiting.withLock { waiting -> Int32? in
                guard let first = waiting.first else { return nil }
                if first != SIGTERM, first != SIGINT { waiting.removeFirst() }
                return first
            }
            if let signal { return signal }
            var poller = Poller()
            _ = poller.watch(wakeUp.number)
            _ = try? poller.wait()
            wakeUp.acknowledge()
        }
    }
}
