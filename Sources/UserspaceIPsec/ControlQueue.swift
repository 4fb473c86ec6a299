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
    /// A packet made the SA reach its hard limit.
    case expire(SecurityAssociationID)
}

/// Requests in the order they were made.
final class ControlQueue: Sendable {
    let wake: WakeUp
    private let requests = Mutex<[ControlRequest]>([])

    init() throws(SystemError) {
        wake = try WakeUp()
    }

    func submit(_ request: ControlRequest) {
        requests.withLock { $0.append(request) }
        wake.signal()
    }

    func takeAll() -> [ControlRequest] {
        requests.withLock { requests in
            defer { requests = [] }
            return requests
        }
    }
}
