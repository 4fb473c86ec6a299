package import IPsec
import KeyMaterial

/// A SAD in memory that remembers the order in which SAs came.
package struct RecordingDatabase {
    package private(set) var associations: [SecurityAssociationID: SecurityAssociation] = [:]
    /// Outbound SAs in the order of their arrival, the newest last.
    package private(set) var outbound: [SecurityAssociationID] = []
    /// Set to refuse what is added.
    package var failure: DatabaseFailure?
    /// Set to refuse some of what is added.
    package var refuses: (SecurityAssociation) -> DatabaseFailure? = { _ in nil }
    /// What was to be taken away, whether it was there or not.
    package private(set) var removed: Set<SecurityAssociationID> = []

    package init() {}

    package mutating func add(_ association: SecurityAssociation) -> Result<Void, DatabaseFailure> {
        if let failure = failure ?? refuses(association) { return .failure(failure) }
        guard associations[association.id] == nil else {
            return .failure(DatabaseFailure(.alreadyExists, "there is one already"))
        }
        associations[association.id] = association
        if association.direction == .outbound { outbound.append(association.id) }
        return .success(())
    }

    package mutating func remove(_ id: SecurityAssociationID) {
        removed.insert(id)
        associations[id] = nil
        outbound.removeAll { $0 == id }
    }

    package mutating func update(_ id: SecurityAssociationID, _ encapsulation: UDPEncapsulation) {
        associations[id]?.encapsulation = encapsulation
    }

    /// Whether the packets of the newest outbound SA here can be read there, and of IPComp's if there is one.
    package func reaches(_ other: RecordingDatabase) -> Bool {
        let newest = [outbound.last { $0.protocol != .ipcomp }, outbound.last { $0.protocol == .ipcomp }]
            .compactMap { $0 }
        return newest.contains { $0.protocol != .ipcomp } && newest.allSatisfy { reaches(other, by: $0) }
    }

    private func reaches(_ other: RecordingDatabase, by id: SecurityAssociationID) -> Bool {
        guard let own = associations[id] else { return false }
        return other.associations.values.contains { inbound in
            inbound.direction == .inbound && inbound.id.protocol == id.protocol
                && inbound.id.spi == id.spi && inbound.mode == own.mode
                && inbound.compression == own.compression
                && SecretKey.constantTimeEqual(inbound.transform.encryptionKey, own.transform.encryptionKey)
                && inbound.transform.encryption == own.transform.encryption
                && inbound.transform.integrity == own.transform.integrity
        }
    }
}
