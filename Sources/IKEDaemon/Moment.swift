package import Calendar
package import IPsec

/// The same point in time on both clocks: one to reckon with, one to show.
package struct Moment: Hashable, Sendable {
    package var instant: Instant
    package var wall: Timestamp

    package init(instant: Instant, wall: Timestamp) {
        self.instant = instant
        self.wall = wall
    }

    /// What the wall clock shows at another instant, if nobody sets it meanwhile.
    package func wall(at other: Instant) -> Timestamp {
        Timestamp(seconds: wall.seconds &+ (other - instant).components.seconds)
    }
}
