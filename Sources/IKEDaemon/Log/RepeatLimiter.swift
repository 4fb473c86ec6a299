package import IPsec

/// Keeps what strangers can cause from filling the log: so many lines a minute of one kind, then a count.
package struct RepeatLimiter: Sendable {
    package enum Verdict: Hashable, Sendable {
        case write
        case suppress
    }

    private let window: Duration
    /// Lines of one key in a window.
    private let perKey: Int
    /// Lines in all in a window.
    private let perWindow: Int
    /// Keys remembered; those beyond share one.
    private let capacity: Int

    private var counts: [String: Int] = [:]
    private var written = 0
    private var suppressed = 0
    private var windowEnds: Instant?

    package init(
        perKey: Int = 5, perWindow: Int = 200, capacity: Int = 1024, window: Duration = .seconds(60)
    ) {
        self.window = window
        self.perKey = perKey
        self.perWindow = perWindow
        self.capacity = capacity
    }

    /// Decides about one more line of a key.
    package mutating func admit(_ key: String, now: Instant) -> Verdict {
        if windowEnds == nil { windowEnds = now + window }
        let key = counts.count < capacity || counts[key] != nil ? key : ""
        let count = (counts[key] ?? 0) + 1
        counts[key] = count
        guard count <= perKey, written < perWindow else {
            suppressed += 1
            return .suppress
        }
        written += 1
        return .write
    }

    /// How many lines were kept back in a window that has ended; nil if none were or it has not.
    package mutating func takeSummary(now: Instant) -> Int? {
        guard let ends = windowEnds, ends <= now else { return nil }
        let count = suppressed
        counts = [:]
        written = 0
        suppressed = 0
        windowEnds = nil
        return count == 0 ? nil : count
    }
}
