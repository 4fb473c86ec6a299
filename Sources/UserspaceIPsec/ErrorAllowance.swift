import IPsec

/// How many ICMP errors may be sent: some at once, then so many a second (RFC 1812 section 4.3.2.8).
struct ErrorAllowance: Sendable {
    private var left = 0
    private var second: Instant?

    /// Errors in a second.
    static let limit = 100

    /// Takes one out of this second's; false if there is none left.
    mutating func takesOne(now: Instant) -> Bool {
        if second.map({ now - $0 >= .seconds(1) }) ?? true {
            second = now
            left = Self.limit
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }
}
