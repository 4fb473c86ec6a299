package import IPsec

/// What is known of how long packets may be on the path of a security association (RFC 4301 section 8.2).
///
/// Reports of routers are not authenticated (RFC 4301 section 8.2.1): they may only make packets shorter, never
/// below what every path must carry, and are forgotten after a while, so that a forged one does no lasting harm.
package struct PathMTU: Sendable {
    /// How long a report is believed (RFC 1191 section 6.3, RFC 8201 section 4).
    package static let lifetime = Duration.seconds(600)

    private let link: Int
    private let family: AddressFamily
    private var learned: (mtu: Int, at: Instant)?

    /// - Parameters:
    ///   - link: The MTU of the first link, octets with the IP header.
    ///   - family: Of the outer addresses.
    package init(link: Int, family: AddressFamily) {
        self.link = link
        self.family = family
    }

    /// The shortest path that a report is believed to describe: what any IPv6 link, and any IPv4 host, takes.
    package static func minimum(_ family: AddressFamily) -> Int { family == .ipv4 ? 576 : 1280 }

    /// The longest packet for now, octets with the outer IP header.
    package func value(now: Instant) -> Int {
        guard let learned, now - learned.at < Self.lifetime else { return link }
        return min(learned.mtu, link)
    }

    /// Takes a router's report.
    ///
    /// - Returns: Whether packets have to be shorter than before.
    package mutating func learn(_ mtu: Int, now: Instant) -> Bool {
        let before = value(now: now)
        let believed = max(mtu, Self.minimum(family))
        guard believed < before else { return false }
        learned = (believed, now)
        return true
    }

    /// The next shorter of the MTUs that links have, for routers that do not tell theirs (RFC 1191 section 7.1).
    package static func plateau(below length: Int) -> Int {
        let plateaus = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68]
        return plateaus.first { $0 < length } ?? 68
    }
}
