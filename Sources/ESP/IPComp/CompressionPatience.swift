/// How long compression is not even tried after it failed again and again (RFC 3173 section 2.2).
///
/// Traffic that is compressed or encrypted already does not shrink, and the attempt costs most of what IPComp costs.
struct CompressionPatience: Sendable {
    /// Failures in a row before the first pause.
    static let failureLimit = 8
    /// Packets of the first pause; each further one is twice as long, up to `longestPause`.
    static let firstPause = 8
    static let longestPause = 128

    private var failures = 0
    private var pause = firstPause
    private var skipped = 0

    /// Whether this packet is to be tried.
    mutating func isWorthTrying() -> Bool {
        guard failures >= Self.failureLimit else { return true }
        guard skipped < pause else {
            skipped = 0
            return true
        }
        skipped += 1
        return false
    }

    mutating func noteSuccess() {
        self = CompressionPatience()
    }

    mutating func noteFailure() {
        if failures >= Self.failureLimit { pause = min(2 * pause, Self.longestPause) }
        failures = min(failures + 1, Self.failureLimit)
    }
}
