/// The SAD and the SPD behind a `PFKeyService`, asked message by message.
package protocol PFKeyPlane {
    /// Carries out a request that is about what is in the databases.
    ///
    /// - Throws: what the sender alone is told.
    mutating func perform(
        _ request: SADBMessage, of client: PFKeyClientID, _ dialect: SADBDialect
    ) throws(SADBError) -> PFKeyOutcome

    /// The algorithms that there are, looked for anew each time that a client registers.
    mutating func algorithms(for client: PFKeyClientID) -> SADBAlgorithms

    /// Takes note of whether a client waits for acquires: while none does, packets are not to wait for an SA.
    mutating func listen(_ isWanted: Bool, for client: PFKeyClientID)

    /// What happened by other hands than those of the service's clients since this was asked last.
    mutating func takeEvents() -> [PFKeyNotice]

    /// Gives up what was kept for a client.
    mutating func forget(_ client: PFKeyClientID)
}

/// A message, and who gets it.
package struct PFKeyNotice: Sendable {
    package var message: SADBMessage
    package var audience: PFKeyAudience
    /// Who asked for what the message tells: keys in it may be for nobody else.
    package var requester: PFKeyClientID?
    /// Where each client is told of the same by a message of its own: whom this one is for, if it is of the audience.
    package var listener: PFKeyClientID?

    package init(_ message: SADBMessage, to audience: PFKeyAudience, askedBy requester: PFKeyClientID? = nil)
    {
        self.message = message
        self.audience = audience
        self.requester = requester
    }
}

/// Who gets a message.
package enum PFKeyAudience: Sendable {
    case one(PFKeyClientID)
    /// Every client that registered for anything, and one more.
    case registered(and: PFKeyClientID?)
    case all

    func includes(_ id: PFKeyClientID, isRegistered: Bool) -> Bool {
        switch self {
        case .one(let one): id == one
        case .registered(let one): isRegistered || id == one
        case .all: true
        }
    }
}

/// What came of a request.
package enum PFKeyOutcome: Sendable {
    /// Messages, in the order in which they are sent.
    case told([PFKeyNotice])
    /// A whole table for the sender, as messages whose sequence numbers are still to be set; it is not empty.
    case dump([[UInt8]])
}
