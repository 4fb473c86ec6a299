package import Cryptography

/// How long to wait after failures: doubling up to a limit, and never in step with others.
package struct RetrySchedule: Hashable, Sendable {
    /// The wait after the first failure.
    package var first: Duration
    /// No wait is longer, jitter apart.
    package var longest: Duration

    package init(first: Duration = .seconds(5), longest: Duration = .seconds(300)) {
        self.first = first
        self.longest = longest
    }

    /// The wait after so many failures in a row: three to five quarters of the scheduled one.
    package func wait(afterFailures failures: Int, random: inout any RandomSource) -> Duration {
        var wait = first
        for _ in 0..<min(max(failures, 1) - 1, 32) where wait < longest { wait *= 2 }
        return min(wait, longest) / 1024 * Int(768 + random.uint32() % 513)
    }
}
