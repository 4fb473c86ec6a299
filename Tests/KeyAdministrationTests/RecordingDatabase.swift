import IPsec

@testable import KeyAdministration

/// A database in memory that keeps what it was asked, refuses on demand, and answers only when it has to.
final class RecordingDatabase: AdministeredDatabase {
    let name = "the test"
    private(set) var state: DatabaseState
    private(set) var requests: [DatabaseRequest] = []
    /// The state before the first request and after each.
    private(set) var history: [DatabaseState]
    /// Gives why a request is refused; nil to carry it out.
    var refusal: (DatabaseRequest) -> DatabaseFailure? = { _ in nil }
    /// What happens to packets that meet no policy.
    var defaults: [PolicyDirection: DefaultAction] = [:]
    /// Events that `watch` gives.
    var events: [DatabaseEvent] = []
    private var pending: [() -> Void] = []
    /// Answers that wait before they are given.
    private let delay: Int

    init(_ state: DatabaseState = DatabaseState(), delay: Int = 3) {
        self.state = state
        self.delay = delay
        history = [state]
    }

    func submit(
        _ request: DatabaseRequest, answer: @escaping (Result<DatabaseAnswer, DatabaseFailure>) -> Void
    ) {
        requests.append(request)
        let result = perform(request)
        pending.append { answer(result) }
        while pending.count > delay { pending.removeFirst()() }
    }

    private func perform(_ request: DatabaseRequest) -> Result<DatabaseAnswer, DatabaseFailure> {
        if let failure = refusal(request) { return .failure(failure) }
        do throws(DatabaseFailure) {
            try state.apply(request)
        } catch {
            return .failure(error)
        }
        history.append(state)
        switch request {
        case .getSA(let key):
            if let found = state[key] { return .success(.association(found.record)) }
        case .getPolicy(let key):
            if let found = state[key] { return .success(.policy(found.record)) }
        case .allocateSPI(let entry, _):
            return .success(.association(SADRecord(entry, state: .larval)))
        case .addSA, .updateSA, .deleteSA, .flushSAD, .addPolicy, .updatePolicy, .deletePolicy, .flushSPD:
            break
        }
        return .success(.done)
    }

    func finish() throws(DatabaseFailure) {
        while !pending.isEmpty { pending.removeFirst()() }
    }

    func dumpSAD(_ wanted: SecurityProtocol?, _ each: (SADRecord) -> Void) throws(DatabaseFailure) {
        try finish()
        for found in state.associations.reversed() {
            if wanted == nil || found.record.entry.id.protocol == wanted { each(found.record) }
        }
    }

    func dumpSPD(_ each: (SPDRecord) -> Void) throws(DatabaseFailure) {
        try finish()
        for found in state.policies.reversed() { each(found.record) }
    }

    func watch(_ each: (DatabaseEvent) -> Bool) throws(DatabaseFailure) {
        for event in events { guard each(event) else { return } }
    }

    func defaultAction(_ direction: PolicyDirection) -> DefaultAction? { defaults[direction] }
}
