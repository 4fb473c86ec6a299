package import IPsec

/// A database request as the message that asks for it, from a program to a PF_KEY socket.
package struct SADBRequestWriting: Sendable {
    /// The number of the asking process.
    package let process: UInt32

    package init(process: UInt32) {
        self.process = process
    }

    /// The message.
    ///
    /// - Parameter sequence: the number for requests that carry none of their own.
    /// - Throws: where PF_KEY cannot say what the request says.
    package func message(_ request: DatabaseRequest, sequence: UInt32) throws(DatabaseFailure) -> SADBMessage
    {
        do throws(SADBError) {
            return try encode(request, sequence)
        } catch {
            throw DatabaseFailure(.unsupported, error.explanation)
        }
    }

    private func encode(_ request: DatabaseRequest, _ sequence: UInt32) throws(SADBError) -> SADBMessage {
        switch request {
        case .addSA(let entry): try association(.add, entry)
        case .updateSA(let entry): try association(.update, entry)
        case .getSA(let key): try association(.get, key, sequence)
        case .deleteSA(let key): try association(.delete, key, sequence)
        case .flushSAD(let `protocol`): SADBMessage(header(.flush, `protocol`, sequence))
        case .allocateSPI(let entry, let range): try larval(entry, range)
        case .addPolicy(let entry): try policy(.policyAdd, entry, sequence)
        case .updatePolicy(let entry): try policy(.policyUpdate, entry, sequence)
        case .deletePolicy(let key): try policy(.policyDelete, key, sequence)
        case .flushSPD: SADBMessage(header(.policyFlush, nil, sequence))
        case .getPolicy(let key): throw .unsayable("a policy asked for by its selector \(key.id.selector)")
        }
    }

    package func dump(_ type: SADBMessageType, _ protocol: SecurityProtocol?, sequence: UInt32) -> SADBMessage
    {
        SADBMessage(header(type, `protocol`, sequence))
    }

    package func register(_ protocol: SecurityProtocol, sequence: UInt32) -> SADBMessage {
        SADBMessage(header(.register, `protocol`, sequence))
    }

    private func header(
        _ type: SADBMessageType, _ protocol: SecurityProtocol?, _ sequence: UInt32
    ) -> SADBHeader {
        SADBHeader(type, SADBSatype(`protocol`), sequence: sequence, process: process)
    }

    private func association(_ type: SADBMessageType, _ entry: SADEntry) throws(SADBError) -> SADBMessage {
        try Sayable.check(entry)
        return SADBMessage(
            header(type, entry.id.protocol, entry.acquireSequence),
            try SADEntryWriting(SADRecord(entry, state: .larval), .own).request())
    }

    private func association(
        _ type: SADBMessageType, _ key: SADKey, _ sequence: UInt32
    ) throws(SADBError) -> SADBMessage {
        guard key.mark == nil else { throw .unsayable("a mark") }
        let destination = key.id.destination
        return SADBMessage(
            header(type, key.id.protocol, sequence),
            [
                .association(SADBAssociation(spi: key.id.spi.value)),
                // Wanted, and not looked at.
                .address(.source, SADBAddress(host: .unspecified(destination.family))),
                .address(.destination, SADBAddress(host: destination)),
            ])
    }

    private func larval(_ entry: SADEntry, _ range: ClosedRange<UInt32>) throws(SADBError) -> SADBMessage {
        try Sayable.check(entry)
        return SADBMessage(
            header(.getSPI, entry.id.protocol, entry.acquireSequence),
            SADEntryWriting(SADRecord(entry, state: .larval), .own).larvalRequest()
                + [.spiRange(SADBSPIRange(range))])
    }

    private func policy(
        _ type: SADBMessageType, _ entry: SPDEntry, _ sequence: UInt32
    ) throws(SADBError) -> SADBMessage {
        try Sayable.check(entry)
        return SADBMessage(
            header(type, nil, sequence), SPDEntryWriting(SPDRecord(entry, index: 0)).request())
    }

    private func policy(
        _ type: SADBMessageType, _ key: SPDKey, _ sequence: UInt32
    ) throws(SADBError) -> SADBMessage {
        try Sayable.check(key)
        return SADBMessage(header(type, nil, sequence), SPDEntryWriting.request(key))
    }
}

extension SADBError {
    static func unsayable(_ what: String) -> SADBError {
        SADBError(.unsupported, .notSupported, "PF_KEY has no words for \(what).")
    }
}
