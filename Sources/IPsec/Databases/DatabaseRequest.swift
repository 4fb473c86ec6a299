/// One thing an administrator asks of the databases.
package enum DatabaseRequest: Sendable {
    /// Fails where an SA of that SPI is.
    case addSA(SADEntry)
    /// Makes a larval SA mature, or changes what a mature one lets be changed.
    case updateSA(SADEntry)
    case getSA(SADKey)
    case deleteSA(SADKey)
    /// All SAs, or those of one protocol.
    case flushSAD(SecurityProtocol?)
    /// Makes a larval SA with an SPI of the range.
    case allocateSPI(SADEntry, ClosedRange<UInt32>)
    /// Fails where a policy of that key is.
    case addPolicy(SPDEntry)
    /// Adds, or replaces the one with the same key.
    case updatePolicy(SPDEntry)
    case getPolicy(SPDKey)
    case deletePolicy(SPDKey)
    case flushSPD
}

/// What a request that was carried out gave.
package enum DatabaseAnswer: Sendable {
    case done
    case association(SADRecord)
    case policy(SPDRecord)
}

/// What happened in a database, whoever caused it.
package enum DatabaseEvent: Sendable {
    case added(SADRecord)
    case updated(SADRecord)
    case deleted(SADRecord)
    /// A limit is reached; `isHard` when the SA is gone.
    case expired(SADRecord, isHard: Bool)
    case flushedSAD(SecurityProtocol?)
    case addedPolicy(SPDRecord)
    case updatedPolicy(SPDRecord)
    case deletedPolicy(SPDRecord)
    case expiredPolicy(SPDRecord, isHard: Bool)
    case flushedSPD
    case acquire(Acquire)
    case mappingChanged(SADKey, old: Endpoint, new: Endpoint)
    /// Anything else, told as the database told it.
    case other(String)
    /// Events were lost: what is in the databases has to be read again.
    case lost
}

/// The SAD and the SPD as a person at a terminal edits them: one thread, one request after the other.
///
/// Requests are pipelined: `submit` may return before the answer is there, and answers come in the order of the
/// requests, from within a later `submit`, `finish` or dump.
package protocol AdministeredDatabase: AnyObject {
    /// What this is, for messages: `the kernel`, `swiftike at /run/swiftike/pfkey.sock`.
    var name: String { get }

    /// Asks for something; `answer` is called once, in order.
    func submit(
        _ request: DatabaseRequest, answer: @escaping (Result<DatabaseAnswer, DatabaseFailure>) -> Void)

    /// Waits until all that was asked for is answered.
    func finish() throws(DatabaseFailure)

    /// Gives the SAD entry by entry, as they arrive; nil is all protocols.
    func dumpSAD(_ protocol: SecurityProtocol?, _ each: (SADRecord) -> Void) throws(DatabaseFailure)

    /// Gives the SPD entry by entry, as they arrive, per-socket policies included.
    func dumpSPD(_ each: (SPDRecord) -> Void) throws(DatabaseFailure)

    /// Gives events until `each` returns false.
    func watch(_ each: (DatabaseEvent) -> Bool) throws(DatabaseFailure)

    /// What happens to packets of a direction that meet no policy; nil where the database does not tell.
    func defaultAction(_ direction: PolicyDirection) throws(DatabaseFailure) -> DefaultAction?
}

extension AdministeredDatabase {
    package func defaultAction(_ direction: PolicyDirection) throws(DatabaseFailure) -> DefaultAction? { nil }
}

/// What happens to packets that meet no policy.
package enum DefaultAction: String, Hashable, Sendable {
    /// They pass as they are.
    case accept
    /// They are thrown away.
    case block
}
