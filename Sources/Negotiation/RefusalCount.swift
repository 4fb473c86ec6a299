package import IPsec

/// How often messages were dropped without anything being kept; one report speaks for many.
package struct RefusalCount {
    private var unreported = 0
    private var nextReport: Instant?

    package init() {}

    /// Counts a drop; how many are to be reported now, or nil while the last report is fresh.
    package mutating func count(now: Instant) -> Int? {
        unreported += 1
        if let nextReport, now < nextReport { return nil }
        nextReport = now + Self.reportInterval
        defer { unreported = 0 }
        return unreported
    }

    /// Reports about dropped messages are made at most this often.
    private static let reportInterval = Duration.seconds(5)
}
