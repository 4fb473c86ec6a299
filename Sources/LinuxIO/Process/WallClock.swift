import Glibc

/// The host's wall clock, for what people read.
package enum WallClock {
    /// Seconds since 1970-01-01T00:00:00Z.
    package static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }

    /// Seconds since 1970-01-01T00:00:00Z, and microseconds.
    package static var moment: (seconds: UInt64, microseconds: UInt32) {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return (UInt64(clamping: time.tv_sec), UInt32(clamping: time.tv_nsec / 1000))
    }

    /// Seconds that local time is ahead of UTC at a moment.
    package static func localOffset(at seconds: Int64) -> Int64 {
        var time = time_t(seconds)
        var parts = unsafe tm()
        guard unsafe localtime_r(&time, &parts) != nil else { return 0 }
        return unsafe Int64(parts.tm_gmtoff)
    }
}
