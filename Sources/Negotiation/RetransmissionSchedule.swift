package import Cryptography
import IPsec

/// When an unanswered message is sent again: each wait is longer than the one before by half the interval.
package struct RetransmissionSchedule: Hashable, Sendable {
    /// Times the message has been sent again.
    package private(set) var sent = 0
    private let interval: Duration
    private let limit: Int
    /// Waits are stretched by up to an eighth, drawn once, so that many peers do not speak in step.
    private let stretch: Duration

    package init(_ timers: TimerPolicy, random: inout any RandomSource) {
        interval = max(timers.interval, .milliseconds(10))
        limit = timers.retransmissions
        stretch = interval / 8 * Double(random.uint32()) / Double(UInt32.max)
    }

    /// Whether it was sent as often as it may be.
    package var isExhausted: Bool { sent >= limit }

    /// How long to wait for the answer now.
    package var wait: Duration { interval + interval / 2 * sent + stretch }

    /// Counts one more sending.
    package mutating func sendAgain() {
        sent += 1
    }
}
