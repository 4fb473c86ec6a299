import Glibc
package import IPsec
import Netlink
import Wire

/// The kernel's databases over NETLINK_XFRM, for one thread: `setkey`'s way to them, not a negotiation's.
///
/// Many requests go to the kernel at once, which takes half the time of one by one. Policies of the direction `in`
/// are written as they are given: the copies for forwarded packets are the caller's.
package final class XFRMDatabase: AdministeredDatabase {
    package let name = "the kernel"

    /// A request in flight, and what came for it so far.
    private struct Errand {
        var request: DatabaseRequest
        var answer: Answer
        var found = DatabaseAnswer.done
        var role = Role.alone
    }

    private typealias Answer = (Result<DatabaseAnswer, DatabaseFailure>) -> Void

    /// How a request and the next one belong together.
    private enum Role {
        case alone
        /// Writes an SA that the next request reads back.
        case written
        /// Reads back the SA that the request before it wrote.
        case readBack(SADEntry)
    }

    private var window: NetlinkWindow<Errand>
    /// For what has to be done at once.
    private var aside: NetlinkPipeline
    private let traits: KernelTraits
    /// Why the SA that is to be read back was not written.
    private var unwritten: DatabaseFailure?

    /// Opens the databases of the calling thread's network namespace.
    package init() throws(DatabaseFailure) {
        do throws(NetlinkRefusal) {
            aside = try NetlinkPipeline(.xfrm)
            traits = KernelTraits.probe(over: &aside)
            window = try NetlinkWindow(.xfrm)
        } catch {
            throw KernelProbe.failure(error)
        }
    }

    package func submit(
        _ request: DatabaseRequest, answer: @escaping (Result<DatabaseAnswer, DatabaseFailure>) -> Void
    ) {
        do throws(DatabaseFailure) {
            let message = try RequestMessages.message(request, traits: traits)
            var errand = Errand(request: request, answer: answer)
            guard let entry = request.written, ReadBack.isNeeded(for: entry, traits: traits) else {
                return try send(message, errand)
            }
            errand.role = .written
            try send(message, errand)
            errand.role = .readBack(entry)
            try send(StateMessages.get(entry.key), errand)
        } catch {
            // Answers keep the order of the requests.
            exchange()
            answer(.failure(error))
        }
    }

    package func finish() throws(DatabaseFailure) {
        // Answers may ask for more.
        while !window.isEmpty { exchange() }
    }

    private func send(_ message: NetlinkRequest, _ errand: Errand) throws(DatabaseFailure) {
        if window.append(message, errand) { return }
        exchange()
        guard !window.append(message, errand) else { return }
        let refusal = NetlinkRefusal(code: EMSGSIZE, explanation: "the request is too long")
        throw KernelRefusal.failure(refusal, of: .request(errand.request), for: .administrator)
    }

    /// Sends what was collected, and answers it.
    private func exchange() {
        let outcomes = window.exchange { errand, header, payload in
            if let found = RequestMessages.answer(header.type, payload) { errand.found = found }
        }
        for outcome in outcomes { settle(outcome.token, outcome.refusal) }
    }

    private func settle(_ errand: Errand, _ refusal: NetlinkRefusal?) {
        let failure = refusal.map {
            KernelRefusal.failure($0, of: .request(errand.request), for: .administrator)
        }
        switch errand.role {
        case .alone: errand.answer(failure.map { .failure($0) } ?? .success(errand.found))
        case .written: unwritten = failure
        case .readBack(let entry):
            let reason = unwritten.take() ?? failure ?? loss(of: entry, in: errand.found)
            errand.answer(reason.map { .failure($0) } ?? .success(.done))
        }
    }

    /// What the kernel dropped of an SA, which it is then made to drop altogether; nil if nothing.
    private func loss(of entry: SADEntry, in answer: DatabaseAnswer) -> DatabaseFailure? {
        guard case .association(let record) = answer else { return nil }
        let losses = ReadBack.losses(entry, record.entry)
        guard !losses.isEmpty else { return nil }
        let refusal = aside.carryOut(StateMessages.delete(entry.key))
        return .lost(losses, of: entry.id, remains: refusal.map { "\($0)" })
    }

    package func dumpSAD(
        _ protocol: SecurityProtocol?, _ each: (SADRecord) -> Void
    ) throws(DatabaseFailure) {
        try dump(StateMessages.list(`protocol`), .listAssociations) { payload in
            guard let record = try? SADRecord(kernel: payload) else { return }
            if `protocol` == nil || record.entry.id.protocol == `protocol` { each(record) }
        }
    }

    package func dumpSPD(_ each: (SPDRecord) -> Void) throws(DatabaseFailure) {
        try dump(PolicyMessages.list(), .listPolicies) { payload in
            if let record = try? SPDRecord(kernel: payload) { each(record) }
        }
    }

    /// Over a socket of its own, so that requests may be made while it runs.
    private func dump(
        _ message: NetlinkRequest, _ operation: KernelRefusal.Operation, _ each: (Span<UInt8>) -> Void
    ) throws(DatabaseFailure) {
        try finish()
        do throws(NetlinkRefusal) {
            var window = try NetlinkWindow<Void>(.xfrm)
            _ = window.append(message, ())
            let outcomes = window.exchange { _, _, payload in each(payload) }
            if let refusal = outcomes.first?.refusal { throw refusal }
        } catch {
            throw KernelRefusal.failure(error, of: operation, for: .administrator)
        }
    }

    package func watch(_ each: (DatabaseEvent) -> Bool) throws(DatabaseFailure) {
        try finish()
        do throws(NetlinkRefusal) {
            try KernelEventStream().read(each)
        } catch {
            throw KernelRefusal.failure(error, of: .listen, for: .administrator)
        }
    }
}

extension DatabaseRequest {
    /// The SA that is in the kernel once this is carried out.
    fileprivate var written: SADEntry? {
        switch self {
        case .addSA(let entry), .updateSA(let entry): entry
        case .getSA, .deleteSA, .flushSAD, .allocateSPI, .addPolicy, .updatePolicy, .getPolicy, .deletePolicy,
            .flushSPD:
            nil
        }
    }
}
