import Glibc
package import LinuxIO

/// Why the daemon cannot start.
package struct StartFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case notPermitted
        /// Something needed is not there, or is taken by somebody else.
        case unavailable
        case system

        /// What the program ends with, after sysexits(3).
        package var exitStatus: Int32 {
            switch self {
            case .notPermitted: 77
            case .unavailable: 69
            case .system: 71
            }
        }
    }

    package var kind: Kind
    /// A sentence: what failed, and what to do.
    package var explanation: String

    package init(_ kind: Kind, _ explanation: String) {
        self.kind = kind
        self.explanation = explanation
    }

    package init(_ error: SystemError) {
        kind =
            switch error.code {
            case EACCES, EPERM: .notPermitted
            case EADDRINUSE, EADDRNOTAVAIL: .unavailable
            default: .system
            }
        explanation = "\(error)"
    }

    package var description: String { explanation }
}
