import IKEDaemon
import IPsec

/// Why the program ends before it has begun: what it says, and its status after sysexits(3).
struct LaunchFailure: Error {
    var exitStatus: Int32
    var explanation: String

    init(_ exitStatus: Int32, _ explanation: String) {
        self.exitStatus = exitStatus
        self.explanation = explanation
    }

    init(_ failure: StartFailure) {
        self.init(failure.kind.exitStatus, failure.explanation)
    }

    init(_ failure: DatabaseFailure) {
        let status: Int32 =
            switch failure.kind {
            case .notPermitted: 77
            case .unsupported: 69
            case .alreadyExists, .notFound, .other: 71
            }
        self.init(status, failure.explanation)
    }
}
