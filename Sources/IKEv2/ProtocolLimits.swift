import IPsec

/// What we keep for a peer at most, and how long we wait; none of it is negotiated.
enum ProtocolLimits {
    /// Octets of a cookie that we give out (RFC 7296 section 2.6 allows 1 to 64).
    static let cookieSizes = 1...64
    /// Times an initiator begins IKE_SA_INIT anew for a cookie or another group before it takes the peer for hostile.
    static let initialAttempts = 6
    /// How long a secret that cookies are made with is in use; cookies of the one before are still taken.
    static let cookieLifetime = Duration.seconds(60)
    /// Wishes that wait for their turn in one IKE SA.
    static let queuedRequests = 1024
    /// Child SAs of one IKE SA, those that are being replaced included.
    static let children = 1024
    /// Octets of a datagram that carries a fragment (RFC 7383 section 2.5.1): IPv6's least MTU without its headers.
    static let fragmentSizes = 512...65000
    /// When a renewal that failed is tried again: after a part of the life that is left.
    static func renewalWait(lifeLeft: Duration) -> Duration { max(renewalRetry, lifeLeft / 8) }
    /// The least time before a renewal that failed is tried again.
    static let renewalRetry = Duration.seconds(10)
    /// About how long a request is put off that the peer cannot see to now; each time another share of it.
    static let postponement = Duration.seconds(2)
    /// TEMPORARY_FAILURE answers in a row before the SA is taken for out of step (RFC 7296 section 2.25).
    static let temporaryFailures = 100
    /// How long an IKE SA that has a successor waits for its delete.
    static let supersededLife = Duration.seconds(60)
    /// How long the inbound SA of a pair that is replaced stays for packets that overtook nothing.
    static let lingering = Duration.seconds(5)
}
