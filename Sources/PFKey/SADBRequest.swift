package import IPsec

/// What a message asks for.
package enum SADBRequest: Sendable {
    /// One thing of the SAD or the SPD.
    case database(DatabaseRequest)
    case policy(index: UInt32)
    case deletePolicy(index: UInt32)
    /// All SAs, or those of one protocol, or between two networks.
    case dumpSAD(SecurityProtocol?, SADBFilter?)
    case dumpSPD
    /// A key manager gives up on an acquire.
    case acquireFailed(sequence: UInt32)

    /// SPIs where GETSPI names no range, as Linux has it.
    private static let defaultRange: ClosedRange<UInt32> = 0x100...0x0fff_ffff

    /// Understands a message.
    ///
    /// - Throws: the error that goes back to the sender.
    package init(_ message: SADBMessage, _ dialect: SADBDialect) throws(SADBError) {
        let association = SADEntryReading(message: message, dialect: dialect)
        let policy = SPDEntryReading(message: message)
        switch message.header.type {
        case .add: self = .database(.addSA(try association.entry()))
        case .update: self = .database(.updateSA(try association.entry()))
        case .get: self = .database(.getSA(try association.key()))
        case .delete: self = .database(.deleteSA(try association.key()))
        case .getSPI:
            self = .database(.allocateSPI(try association.larval(), try Self.range(message)))
        case .flush: self = .database(.flushSAD(try Self.protocol(message)))
        case .dump: self = .dumpSAD(try Self.protocol(message), try Self.filter(message))
        case .policyAdd, .policySetIndex: self = .database(.addPolicy(try policy.entry()))
        case .policyUpdate: self = .database(.updatePolicy(try policy.entry()))
        case .policyDelete: self = .database(.deletePolicy(try policy.key()))
        case .policyFlush: self = .database(.flushSPD)
        case .policyGet: self = .policy(index: try policy.index())
        case .policyDeleteByIndex: self = .deletePolicy(index: try policy.index())
        case .policyDump: self = .dumpSPD
        case .acquire: self = .acquireFailed(sequence: try Self.failedSequence(message))
        case .expire, .pchange, .policyAcquire, .policyExpire, .mappingChanged, .migrate, .register,
            .promiscuous:
            throw SADBError(
                .unsupported, .notSupported,
                "A message of type \(message.header.type) asks nothing of the databases here.")
        }
    }

    private static func range(_ message: SADBMessage) throws(SADBError) -> ClosedRange<UInt32> {
        guard let range = message.spiRange else { return defaultRange }
        guard range.minimum <= range.maximum else {
            throw .malformed(.spiRange, "goes from \(range.minimum) to \(range.maximum)")
        }
        return range.minimum...range.maximum
    }

    private static func filter(_ message: SADBMessage) throws(SADBError) -> SADBFilter? {
        guard let filter = message.filter else { return nil }
        guard filter.isPossible else { throw .malformed(.filter, "has a prefix of more than 128 bits") }
        return filter
    }

    /// nil is all protocols.
    private static func `protocol`(_ message: SADBMessage) throws(SADBError) -> SecurityProtocol? {
        let satype = message.header.satype
        guard satype == .unspecified || satype.protocol != nil else {
            throw SADBError(
                .malformed, .invalid,
                "SA type \(satype.value) is none of 0 (all), 2 (AH), 3 (ESP) and 9 (IPComp).")
        }
        return satype.protocol
    }

    private static func failedSequence(_ message: SADBMessage) throws(SADBError) -> UInt32 {
        guard message.extensions.isEmpty else {
            throw SADBError(.unsupported, .notSupported, "Programs cannot start an acquire.")
        }
        guard message.header.sequence != 0, message.header.error != .none else {
            throw SADBError(
                .malformed, .invalid, "A failed acquire carries its sequence number and an error number.")
        }
        return message.header.sequence
    }
}
