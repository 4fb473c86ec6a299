import Glibc
import Synchronization

/// A thread that carries out netlink requests in the order they were handed over; handing over never waits.
package final class NetlinkRequester: Sendable {
    private struct State {
        var waiting: [NetlinkExchange] = []
        var isStopping = false
        var thread: PosixThread?
        /// What is carried out after everything else, when stopping.
        var last: @Sendable () -> [NetlinkExchange] = { [] }
    }

    private let state = Mutex(State())
    private let doorbell: Doorbell

    /// Starts the thread over a socket of its own.
    ///
    /// - Parameter name: of the thread, at most 15 octets.
    package init(_ family: NetlinkFamily, name: String) throws(NetlinkRefusal) {
        doorbell = try Doorbell()
        let pipeline = try NetlinkPipeline(family)
        let thread = try PosixThread(name: name) { [self] in run(pipeline) }
        state.withLock { $0.thread = thread }
    }

    /// Hands over an exchange; its completion is called on the requester's thread.
    package func submit(_ exchange: NetlinkExchange) {
        let isAccepted = state.withLock { state in
            guard !state.isStopping else { return false }
            state.waiting.append(exchange)
            return true
        }
        guard isAccepted else {
            return exchange.completion(NetlinkRefusal(code: ESHUTDOWN, explanation: "we are shutting down"))
        }
        doorbell.ring()
    }

    /// Carries out what was handed over, then what `last` gives, and ends the thread; called once.
    package func shutDown(last: @escaping @Sendable () -> [NetlinkExchange] = { [] }) {
        let thread = state.withLock { state in
            state.isStopping = true
            state.last = last
            return state.thread.take()
        }
        doorbell.ring()
        thread?.join()
    }

    private func run(_ start: NetlinkPipeline) {
        var pipeline = start
        while true {
            doorbell.wait()
            let (exchanges, isStopping) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isStopping)
            }
            pipeline.carryOut(exchanges)
            guard !isStopping else { break }
        }
        pipeline.carryOut(state.withLock { $0.last }())
    }
}
