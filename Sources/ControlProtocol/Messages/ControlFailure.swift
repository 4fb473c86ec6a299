/// Why a control command did not do what was asked.
package struct ControlFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The request or the reply is not what the protocol says.
        case malformed
        /// The other side speaks another version.
        case version
        case unknownTunnel = "unknown_tunnel"
        /// The tunnel did not come up.
        case notUp = "not_up"
        /// It did not come up in the time given.
        case timeout
        /// The new configuration has errors; the old one stays.
        case configuration
        /// The configuration file is not there, or cannot be read.
        case noInput = "no_input"
        /// The daemon is about to end, or has too much to do.
        case busy
        /// There is no daemon at the other end.
        case notRunning = "not_running"
        /// We may not use the socket.
        case notPermitted = "not_permitted"
        case system

        /// What a program ends with, after sysexits(3).
        package var exitStatus: Int32 {
            switch self {
            case .malformed, .version: 76
            case .unknownTunnel: 64
            case .notUp, .notRunning: 69
            case .timeout, .busy: 75
            case .configuration: 78
            case .noInput: 66
            case .notPermitted: 77
            case .system: 71
            }
        }
    }

    package var kind: Kind
    /// One sentence; further lines where they help (a compiler-like report of a configuration's errors).
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }
}
