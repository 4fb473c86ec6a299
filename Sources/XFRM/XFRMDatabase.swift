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
        var answer: (Result<DatabaseAnswer, DatabaseFailure>) -> Void
        var found = DatabaseAnswer.done
    }

    private var window: NetlinkWindow<Errand>
    private let traits: KernelTraits

    /// Opens the databases of the calling thread's network namespace.
    package init() throws(DatabaseFailure) {
        do throws(NetlinkRefusal) {
            var pipeline = try NetlinkPipeline(.xfrm)
            traits = KernelTraits.probe(over: &pipeline)
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
            try send(message, Errand(request: request, answer: answer))
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
        for outcome in outcomes {
            let errand = outcome.token
            errand.answer(
                outcome.refusal.map {
                    .failure(KernelRefusal.failure($0, of: .request(errand.request), for: .administrator))
                } ?? .success(errand.found))
        }
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
