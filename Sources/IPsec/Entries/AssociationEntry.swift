internal import Algorithms

extension SADEntry {
    /// An SA that was negotiated or is at work, as administrators know it.
    package init(_ association: SecurityAssociation) {
        self.init(
            id: association.id, source: association.source, mode: association.mode,
            transform: Self.transform(association))
        requestID = association.requestID
        selector = association.selector
        encapsulation = association.encapsulation.map { Encapsulation(.udp, ports: $0) }
        replay = association.replay
        lifetime = association.lifetime
        if association.initialUsage != SecurityAssociationUsage() {
            var usage = EntryUsage()
            usage.traffic = association.initialUsage
            initialUsage = usage
        }
        acquireSequence = association.acquireSequence
        options.direction = association.direction
        options.flags = association.flags
        options.trafficFlowPadding = association.trafficFlowPadding
    }

    private static func transform(_ association: SecurityAssociation) -> SATransform {
        if let compression = association.compression { return .ipcomp(.known(compression)) }
        let transform = association.transform
        let integrity = transform.integrity.flatMap { algorithm in
            transform.integrityKey.map { KeyedIntegrity(algorithm, key: $0) }
        }
        if association.id.protocol == .ah, let integrity { return .ah(integrity) }
        return .esp(
            KeyedCipher(transform.encryption.algorithm, key: transform.encryptionKey), integrity)
    }
}
