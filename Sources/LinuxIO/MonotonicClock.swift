import Glibc
package import IPsec

/// The host's monotonic clock, the source of every `Instant`.
package enum MonotonicClock {
    package static var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
