package import IPsec

/// What a message tells the program that asked.
package enum SADBAnswer: Sendable {
    case refused(DatabaseFailure)
    case association(SADRecord)
    case policy(SPDRecord)
    /// A header alone, or a list of algorithms.
    case done

    /// Understands an answer.
    package init(_ message: SADBMessage, _ dialect: SADBDialect) throws(SADBError) {
        let error = message.header.error
        guard error == .none else {
            self = .refused(DatabaseFailure(message))
            return
        }
        switch message.header.type {
        case .add, .update, .get, .delete, .getSPI, .dump, .expire:
            self = .association(try SADEntryReading(message: message, dialect: dialect).record())
        case .policyAdd, .policyUpdate, .policyGet, .policyDelete, .policyDeleteByIndex, .policyDump,
            .policySetIndex:
            self = .policy(try SPDEntryReading(message: message).record())
        case .acquire, .register, .flush, .promiscuous, .pchange, .policyAcquire, .policyFlush, .policyExpire,
            .mappingChanged, .migrate:
            self = .done
        }
    }
}

extension DatabaseFailure {
    /// What the error number of an answer means.
    fileprivate init(_ message: SADBMessage) {
        let number = message.header.error
        let kind: Kind =
            switch number {
            case .exists: .alreadyExists
            case .noEntry, .noAssociation: .notFound
            case .noAlgorithm, .noProtocol, .notSupported: .unsupported
            case .notPermitted: .notPermitted
            default: .other
            }
        self.init(kind, message.explanation ?? "The database refused: error number \(number.value).")
    }
}
