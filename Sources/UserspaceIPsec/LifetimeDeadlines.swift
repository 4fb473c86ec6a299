import IPsec

/// When an SA's time limits are reached.
struct LifetimeDeadlines: Hashable, Sendable {
    let soft: Instant?
    let hard: Instant?

    init(_ lifetime: Lifetime, from start: Instant) {
        soft = lifetime.softTime.map { start + $0 }
        hard = lifetime.hardTime.map { start + $0 }
    }
}
