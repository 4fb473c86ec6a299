package import IPsec

/// Answers and events as messages, in the order and form of Linux.
package struct SADBReply: Sendable {
    package var dialect: SADBDialect

    package init(_ dialect: SADBDialect) {
        self.dialect = dialect
    }

    /// An SA, keys included.
    package func association(_ record: SADRecord, _ header: SADBHeader) throws(SADBError) -> SADBMessage {
        var header = header.answered
        header.satype = SADBSatype(record.entry.id.protocol)
        return SADBMessage(header, try SADEntryWriting(record, dialect).answer())
    }

    package func policy(_ record: SPDRecord, _ header: SADBHeader) -> SADBMessage {
        var header = header.answered
        header.satype = .unspecified
        // The number of references, of which we know but the table's own.
        header.reserved = 1
        return SADBMessage(header, SPDEntryWriting(record).answer())
    }

    /// A refused request: its header with the error number, and nothing but a sentence where that is understood.
    package func refusal(_ error: SADBError, _ header: SADBHeader) -> SADBMessage {
        var header = header
        header.error = error.number
        return SADBMessage(
            header, dialect.refusal == .explained ? [.explanation(error.explanation)] : [])
    }

    /// A limit that is reached.
    package func expiry(_ record: SADRecord, isHard: Bool) -> SADBMessage {
        SADBMessage(
            SADBHeader(.expire, SADBSatype(record.entry.id.protocol)),
            SADEntryWriting(record, dialect).expiry(isHard: isHard))
    }

    /// The flow that asks for an SA is not told, only the addresses of the SA and the policy's number.
    package func acquire(
        _ acquire: Acquire, index: UInt32, combinations: [SADBProposal.Combination]
    ) -> SADBMessage {
        let `protocol` = acquire.policy.templates.first?.protocol ?? .esp
        let policy = SADBPolicy(type: 2, direction: 2, index: index, priority: acquire.policy.priority)
        var extensions: [SADBExtension] = [
            .address(.source, SADBAddress(host: acquire.local)),
            .address(.destination, SADBAddress(host: acquire.remote)), .policy(policy),
        ]
        if `protocol` != .ipcomp { extensions.append(.proposal(SADBProposal(combinations: combinations))) }
        return SADBMessage(
            SADBHeader(.acquire, SADBSatype(`protocol`), sequence: acquire.sequence), extensions)
    }

    /// Packets of an SA come from another endpoint.
    package func mappingChanged(_ record: SADRecord, old: Endpoint, new: Endpoint) -> SADBMessage {
        SADBMessage(
            SADBHeader(
                .mappingChanged, SADBSatype(record.entry.id.protocol), sequence: record.entry.acquireSequence),
            [
                .association(SADBAssociation(spi: record.entry.id.spi.value)),
                .address(.source, SADBAddress(host: old.address)), .natTraversalPort(.source, old.port),
                .address(.destination, SADBAddress(host: new.address)),
                .natTraversalPort(.destination, new.port),
            ])
    }

    /// The algorithms there are.
    package static func registered(_ algorithms: SADBAlgorithms, _ header: SADBHeader) -> SADBMessage {
        var extensions: [SADBExtension] = []
        for (kind, list) in [
            (SADBSupported.Kind.authentication, algorithms.authentication),
            (.encryption, algorithms.encryption),
        ] where !list.isEmpty {
            extensions.append(.supported(kind, SADBSupported(list)))
        }
        return SADBMessage(header.answered, extensions)
    }
}

extension SADBHeader {
    /// The header of an answer: the request's number and process, and no error.
    package var answered: SADBHeader {
        SADBHeader(type, satype, sequence: sequence, process: process)
    }
}
