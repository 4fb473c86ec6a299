import IPsec

/// What we keep for a peer at most, and how long we wait; none of it is negotiated.
enum ProtocolLimits {
    /// Child requests that wait for a phase 1.
    static let queuedRequests = 64
    /// Quick modes under way at once in one ISAKMP SA, of either role.
    static let quickModes = 32
    /// Message IDs remembered for one ISAKMP SA; with this many used it is renewed and accepts no new ones.
    static let messageIDs = 16384
    /// Answers kept for a quick mode that is over, for when the peer did not get them.
    static let finishedQuickModes = 16
    /// Child SAs with one peer, those that are being replaced included.
    static let children = 1024
    /// Offers of a peer that are looked at.
    static let offers = 1024
    /// Octets of a nonce (RFC 2409 section 5).
    static let nonceSizes = 8...256
    /// SPIs drawn before a collision is taken for a fault of the random source.
    static let spiDraws = 8

    /// An answer to a message the peer repeats is sent again, at most, this many times.
    static let repeatedAnswers = 32
    /// How long the initiator of a renewal goes on sending through the old pair after HASH(3), since a responder
    /// puts its inbound SA in place only when that arrives.
    static let settlingTime = Duration.milliseconds(500)
    /// The same at a first establishment, where packets are held back until then.
    static let firstSettlingTime = Duration.milliseconds(60)
    /// How long a replaced pair is kept after its successor works, beyond the time that quick mode may take: the
    /// peer that never got our HASH(3) says so only then, and the old pair is what both sides still have.
    static let overlap = Duration.seconds(15)
    /// How long a pair whose successor the peer took back waits before it is renewed again.
    static let revivalDelay = Duration.seconds(1)
    /// How long the side that took a pair back waits for the other one to renew before it does so itself.
    static let unconfirmedDelay = Duration.seconds(2)
    /// A renewal that failed is tried again after this part of the life that its pair has left.
    static let renewalShare = 8
    /// The least time before a renewal that failed is tried again.
    static let renewalRetry = Duration.seconds(10)
    /// How long an ISAKMP SA is kept after a newer one with the peer is established.
    static let phaseOneOverlap = Duration.seconds(60)
}
