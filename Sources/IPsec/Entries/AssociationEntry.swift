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
            transform.integrityKey.map {
                KeyedIntegrity(reference(algorithm), key: $0, icvBits: algorithm.icvSize * 8)
            }
        }
        if association.id.protocol == .ah, let integrity { return .ah(integrity) }
        return .esp(
            KeyedCipher(transform.encryption.algorithm, key: transform.encryptionKey), integrity)
    }

    /// With a truncation that no entry of the catalogue has, the kernel's name is all there is.
    private static func reference(_ algorithm: IntegrityAlgorithm) -> AlgorithmReference<IntegrityAlgorithm> {
        guard let name = algorithm.xfrm else { return .known(algorithm) }
        return Catalogue.integrity(xfrm: name, icvBits: algorithm.icvSize * 8).map { .known($0) }
            ?? .foreign(name)
    }
}
