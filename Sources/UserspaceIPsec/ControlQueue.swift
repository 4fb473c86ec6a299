import ESP
import IPsec
import LinuxIO
import Synchronization

/// What the control thread is asked to do.
enum ControlRequest: Sendable {
    case add(SecurityAssociation, DatabaseCompletion<Void>)
    case updateEncapsulation(SecurityAssociationID, UDPEncapsulation, DatabaseCompletion<Void>)
    case delete(SecurityAssociationID, DatabaseCompletion<Void>)
    case usage(SecurityAssociationID, DatabaseCompletion<SecurityAssociationUsage>)
    case set(SecurityPolicy, DatabaseCompletion<Void>)
    case deletePolicy(SecurityPolicyID, DatabaseCompletion<Void>)
    case policies(DatabaseCompletion<[SecurityPolicy]>)
    case socket(EncapsulationSocket)
    /// A router told, or so it says, that a packet was too long.
    case path(PathReport)
    case administer(DatabaseRequest, DatabaseCompletion<DatabaseAnswer>)
    case associations(SecurityProtocol?, DatabaseCompletion<[SADRecord]>)
    case policyRecords(DatabaseCompletion<[SPDRecord]>)
    /// A device is gone, though nobody here took it away.
    case lost(TUNDevice)
    /// A packet made the SA reach its soft limit.
    case expiring(SecurityAssociationID)
    /// A packet made the SA reach its hard limit.
    case expire(SecurityAssociationID)

    /// Answers a request that comes after the end.
    func refuse() {
        let failure = DatabaseFailure(.other, "The user-space data plane is shutting down.")
        switch self {
        case .add(_, let completion), .updateEncapsulation(_, _, let completion), .delete(_, let completion),
            .set(_, let completion), .deletePolicy(_, let completion):
            completion(.failure(failure))
        case .usage(_, let completion): completion(.failure(failure))
        case .policies(let completion): completion(.failure(failure))
        case .administer(_, let completion): completion(.failure(failure))
        case .associations(_, let completion): completion(.failure(failure))
        case .policyRecords(let completion): completion(.failure(failure))
        case .socket, .path, .lost, .expire, .expiring: break
        }
    }
}

/// Requests in the order they were made.
final class ControlQueue: Sendable {
    let wake: WakeUp
    private struct State {
        var requests: [ControlRequest] = []
        var isClosed = false
        /// Reports among the requests.
        var reports = 0
    }

    /// Reports that may wait: anybody may send some.
    private static let maximumReports = 64

    private let state = Mutex(State())

    init() throws(SystemError) {
        wake = try WakeUp()
    }

    /// Hands over a request; one that comes too late is refused at once.
    func submit(_ request: ControlRequest) {
        let isAccepted = state.withLock { state in
            if !state.isClosed { state.requests.append(request) }
            return !state.isClosed
        }
        if isAccepted { wake.signal() } else { request.refuse() }
    }

    /// Hands over a router's report, unless too many wait.
    func submit(_ report: PathReport) {
        let isAccepted = state.withLock { state in
            guard !state.isClosed, state.reports < Self.maximumReports else { return false }
            state.reports += 1
            state.requests.append(.path(report))
            return true
        }
        if isAccepted { wake.signal() }
    }

    func takeAll() -> [ControlRequest] {
        state.withLock { state in
            defer {
                state.requests = []
                state.reports = 0
            }
            return state.requests
        }
    }

    /// Takes what is left, and nothing more after that.
    func close() -> [ControlRequest] {
        state.withLock { state in
            state.isClosed = true
            defer { state.requests = [] }
            return state.requests
        }
    }
}
