import LinuxIO
import Negotiation
import Synchronization

/// Runs scripts one after the other, on a thread of its own, and says in the log how each ended.
package final class ScriptRunner: Sendable {
    private struct Queue {
        var calls: [PeerScripts.Call] = []
        var isRunning = false
        var thread: WorkerThread?
        /// When the daemon ends without waiting any longer.
        var end: ContinuousClock.Instant?
    }

    private let queue = Mutex(Queue())
    private let log: Log
    /// What a script may take.
    private static let limit = Duration.seconds(20)
    /// Scripts that may wait for those before them.
    private static let mostWaiting = 256

    package init(log: Log) {
        self.log = log
    }

    /// Has a script run when those before it have ended.
    package func enqueue(_ call: PeerScripts.Call) {
        let refusal: String? = queue.withLock { queue in
            guard queue.calls.count < Self.mostWaiting else {
                return "\(Self.mostWaiting) scripts wait already; \(call.script.path) is left out"
            }
            queue.calls.append(call)
            guard !queue.isRunning else { return nil }
            return start(&queue)
        }
        if let refusal { log.write(.error, refusal, about: call.peer) }
    }

    /// Waits until all have ended, but no longer than one may take; nothing may be added any more.
    package func finish() {
        queue.withLock { queue in
            queue.end = .now + Self.limit
            defer { queue.thread = nil }
            return queue.thread
        }?.join()
    }

    /// A thread runs what there is and ends with it; the one before it has nothing left to do.
    private func start(_ queue: inout Queue) -> String? {
        queue.thread?.join()
        queue.thread = nil
        do {
            queue.thread = try WorkerThread("scripts") { self.work() }
            queue.isRunning = true
            return nil
        } catch {
            queue.calls.removeAll()
            return "scripts cannot be run: \(error)"
        }
    }

    private func work() {
        while let call = next() { run(call) }
    }

    private func next() -> PeerScripts.Call? {
        queue.withLock { queue in
            guard !queue.calls.isEmpty else {
                queue.isRunning = false
                return nil
            }
            return queue.calls.removeFirst()
        }
    }

    private func run(_ call: PeerScripts.Call) {
        let name = "script \(call.script.path) \(call.script.occasion.rawValue)"
        let end = queue.withLock { $0.end }
        let limit = end.map { min(Self.limit, max(.zero, $0 - .now)) } ?? Self.limit
        do {
            let program = BoundedProgram(
                path: try TrustedProgram.resolve(call.script.path),
                arguments: [call.script.occasion.rawValue],
                environment: call.environment, limit: limit)
            let outcome = try program.run()
            let (level, sentence) = Self.sentence(outcome.ending)
            log.write(level, "\(name) \(sentence)\(Self.words(outcome.output))", about: call.peer)
        } catch {
            log.write(.error, "\(name) is not run: \(error)", about: call.peer)
        }
    }

    private static func sentence(_ ending: BoundedProgram.Ending) -> (ReportLevel, String) {
        switch ending {
        case .exited(0): (.info, "done")
        case .exited(let status): (.warning, "ended with status \(status)")
        case .signalled(let signal): (.warning, "was ended by signal \(signal)")
        case .overdue: (.error, "took longer than \(limit.components.seconds) s and was killed")
        }
    }

    /// The first line that it said, printable.
    private static func words(_ output: [UInt8]) -> String {
        let line = output.prefix { $0 != 10 }.prefix(200)
        guard !line.isEmpty else { return "" }
        return ": " + String(decoding: line.map { (32..<127).contains($0) ? $0 : 63 }, as: UTF8.self)
    }
}
