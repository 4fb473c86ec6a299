import Glibc

/// The system's log, syslog(3), facility daemon.
package enum SystemLog {
    package enum Priority: Sendable {
        case error
        case warning
        case notice
        case info
        case debug

        fileprivate var number: Int32 {
            switch self {
            case .error: LOG_ERR
            case .warning: LOG_WARNING
            case .notice: LOG_NOTICE
            case .info: LOG_INFO
            case .debug: LOG_DEBUG
            }
        }
    }

    /// Names this program in every line; called once, before any.
    package static func open(as program: String) {
        // openlog keeps the pointer for as long as the process lives.
        unsafe openlog(strdup(program), LOG_PID | LOG_NDELAY, LOG_DAEMON)
    }

    /// Writes one line.
    package static func write(_ priority: Priority, _ line: String) {
        unsafe line.withCString { text in
            unsafe withVaList([text]) { unsafe vsyslog(priority.number, "%s", $0) }
        }
    }
}
