import IPsec
import PFKey

/// Shows every request and answer of a database as the PF_KEY message that it is, or would be.
///
/// A daemon's socket carries these messages; to the kernel they are what a PF_KEY program would have sent. What
/// PF_KEY has no words for is told in a line.
final class TracedDatabase: AdministeredDatabase {
    let name: String
    private let database: any AdministeredDatabase
    private let trace: MessageTrace
    private let requests: SADBRequestWriting
    private let reply = SADBReply(.own)
    private var sequence: UInt32 = 0

    init(_ database: any AdministeredDatabase, process: Int32, _ trace: MessageTrace) {
        name = database.name
        self.database = database
        self.trace = trace
        requests = SADBRequestWriting(process: UInt32(truncatingIfNeeded: process))
    }

    func submit(
        _ request: DatabaseRequest, answer: @escaping (Result<DatabaseAnswer, DatabaseFailure>) -> Void
    ) {
        let message: SADBMessage?
        do throws(DatabaseFailure) {
            message = try requests.message(request, sequence: nextSequence())
        } catch {
            message = nil
            trace.tell(error.explanation)
        }
        if let message { trace.write(message) }
        database.submit(request) { [self] result in
            if let message { show(result, message.header) }
            answer(result)
        }
    }

    private func show(_ result: Result<DatabaseAnswer, DatabaseFailure>, _ header: SADBHeader) {
        switch result {
        case .success(.association(let record)): show(record, header)
        case .success(.policy(let record)): trace.write(reply.policy(record, header))
        case .success(.done): trace.write(SADBMessage(header))
        case .failure(let failure): trace.write(reply.refusal(SADBError(failure, header.type), header))
        }
    }

    private func show(_ record: SADRecord, _ header: SADBHeader) {
        do throws(SADBError) {
            trace.write(try reply.association(record, header))
        } catch {
            trace.tell(error.explanation)
        }
    }

    func finish() throws(DatabaseFailure) { try database.finish() }

    func dumpSAD(_ wanted: SecurityProtocol?, _ each: (SADRecord) -> Void) throws(DatabaseFailure) {
        let request = requests.dump(.dump, wanted, sequence: nextSequence())
        trace.write(request)
        try database.dumpSAD(wanted) { record in
            show(record, request.header)
            each(record)
        }
    }

    func dumpSPD(_ each: (SPDRecord) -> Void) throws(DatabaseFailure) {
        let request = requests.dump(.policyDump, nil, sequence: nextSequence())
        trace.write(request)
        try database.dumpSPD { record in
            trace.write(reply.policy(record, request.header))
            each(record)
        }
    }

    func watch(_ each: (DatabaseEvent) -> Bool) throws(DatabaseFailure) {
        try database.watch { event in
            show(event)
            return each(event)
        }
    }

    func defaultAction(_ direction: PolicyDirection) throws(DatabaseFailure) -> DefaultAction? {
        try database.defaultAction(direction)
    }

    private func nextSequence() -> UInt32 {
        sequence &+= 1
        return sequence
    }

    /// An acquire and a mapping come with less than their messages hold, so that a line is all there is of them.
    private func show(_ event: DatabaseEvent) {
        switch event {
        case .added(let record): show(record, SADBHeader(.add))
        case .updated(let record): show(record, SADBHeader(.update))
        case .deleted(let record): show(record, SADBHeader(.delete))
        case .expired(let record, let isHard): trace.write(reply.expiry(record, isHard: isHard))
        case .flushedSAD(let wanted): trace.write(SADBMessage(SADBHeader(.flush, SADBSatype(wanted))))
        case .addedPolicy(let record): trace.write(reply.policy(record, SADBHeader(.policyAdd)))
        case .updatedPolicy(let record): trace.write(reply.policy(record, SADBHeader(.policyUpdate)))
        case .deletedPolicy(let record): trace.write(reply.policy(record, SADBHeader(.policyDelete)))
        case .flushedSPD: trace.write(SADBMessage(SADBHeader(.policyFlush)))
        case .acquire, .mappingChanged: trace.tell("the event is decoded: its message is not at hand")
        case .expiredPolicy, .other, .lost: trace.tell("PF_KEY has no message for the event")
        }
    }
}
