import Glibc

/// Signals delivered as calls on a thread of their own, where everything is allowed.
package enum SignalThread {
    /// Stops `signals` from interrupting any thread; called in `main` before the first thread starts.
    package static func block(_ signals: [Int32]) {
        var set = set(of: signals)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        // A peer of ours that closes its end is an error to handle, not a reason to end.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Starts the thread that waits for `signals`, which must be blocked, and calls `body` for each.
    package static func start(
        _ signals: [Int32], _ body: @escaping @Sendable (Int32) -> Void
    ) throws(SystemError) -> WorkerThread {
        try WorkerThread("signals") {
            var set = set(of: signals)
            while true {
                var signal: Int32 = 0
                if unsafe sigwait(&set, &signal) == 0 { body(signal) }
            }
        }
    }

    private static func set(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        return set
    }
}
