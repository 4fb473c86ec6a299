/// A packet that needs an SA nobody has negotiated yet.
package struct Acquire: Hashable, Sendable {
    /// The database's number for the request; the outbound SA that answers it carries it (`acquireSequence`).
    package var sequence: UInt32
    /// The packet that asked.
    package var packet: Selector
    /// The policy it met.
    package var policy: SecurityPolicy
    /// The addresses of the SA to be: ours, then the peer's.
    package var local: IPAddress
    package var remote: IPAddress

    package init(
        sequence: UInt32, packet: Selector, policy: SecurityPolicy, local: IPAddress, remote: IPAddress
    ) {
        self.sequence = sequence
        self.packet = packet
        self.policy = policy
        self.local = local
        self.remote = remote
    }
}

/// What a database tells without being asked.
package enum DatabaseNotification: Hashable, Sendable {
    case acquire(Acquire)
    /// The soft limit is reached: renew it.
    case expiring(SecurityAssociationID)
    /// The hard limit is reached: it is gone.
    case expired(SecurityAssociationID)
    /// Packets of a UDP-encapsulated inbound SA now come from another endpoint.
    case mappingChanged(SecurityAssociationID, new: Endpoint)
    /// Notifications were lost; what the database holds may differ from what we believe.
    case eventsLost
}
