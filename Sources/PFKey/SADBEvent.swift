package import IPsec

/// A message that tells of a change, whoever made it.
package struct SADBEvent: Sendable {
    package let event: DatabaseEvent

    /// nil for what tells of no change.
    ///
    /// - Throws: for a message that cannot be understood.
    package init?(_ message: SADBMessage, _ dialect: SADBDialect) throws(SADBError) {
        guard message.header.error == .none else { return nil }
        switch try SADBAnswer(message, dialect) {
        case .refused: return nil
        case .association(let record):
            guard let event = Self.event(record, message) else { return nil }
            self.event = event
        case .policy(let record):
            guard let event = Self.event(record, message.header.type) else { return nil }
            self.event = event
        case .done:
            guard let event = Self.event(message) else { return nil }
            self.event = event
        }
    }

    private static func event(_ record: SADRecord, _ message: SADBMessage) -> DatabaseEvent? {
        switch message.header.type {
        case .add: .added(record)
        case .update: .updated(record)
        case .delete: .deleted(record)
        case .expire: .expired(record, isHard: message.lifetime(.hard) != nil)
        default: nil
        }
    }

    private static func event(_ record: SPDRecord, _ type: SADBMessageType) -> DatabaseEvent? {
        switch type {
        case .policyAdd, .policySetIndex: .addedPolicy(record)
        case .policyUpdate: .updatedPolicy(record)
        case .policyDelete, .policyDeleteByIndex: .deletedPolicy(record)
        default: nil
        }
    }

    private static func event(_ message: SADBMessage) -> DatabaseEvent? {
        switch message.header.type {
        case .flush: .flushedSAD(message.header.satype.protocol)
        case .policyFlush: .flushedSPD
        case .acquire: .other(acquire(message))
        case .mappingChanged: mapping(message)
        default: nil
        }
    }

    /// An acquire names neither the packet nor the policy's selector, so there is no more than words for it.
    private static func acquire(_ message: SADBMessage) -> String {
        let source = message.address(.source).map { "\($0.address)" } ?? "?"
        let destination = message.address(.destination).map { "\($0.address)" } ?? "?"
        let index = message.policy.map { " for policy \($0.index)" } ?? ""
        return "acquire \(message.header.sequence): an SA from \(source) to \(destination) is wanted\(index)"
    }

    private static func mapping(_ message: SADBMessage) -> DatabaseEvent? {
        guard let spi = message.association?.spi, let `protocol` = message.header.satype.protocol,
            let old = message.address(.source), let new = message.address(.destination)
        else { return nil }
        let id = SecurityAssociationID(destination: new.address, protocol: `protocol`, spi: SPI(spi))
        return .mappingChanged(
            SADKey(id), old: Endpoint(old.address, port: message.port(.source) ?? 0),
            new: Endpoint(new.address, port: message.port(.destination) ?? 0))
    }
}
