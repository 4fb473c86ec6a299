import ControlProtocol
import IKEDaemon
import LinuxIO
import Negotiation

/// Where the log's lines go: standard error, a file, or syslog.
struct LogDestination: Sendable {
    private let files: [AppendedFile]

    init(options: DaemonProgram) throws(LaunchFailure) {
        var files: [AppendedFile] = []
        do {
            if options.flags.staysInForeground { files.append(try AppendedFile(duplicating: 2)) }
            if let path = options.flags.logFile { files.append(try AppendedFile(path: path)) }
        } catch {
            throw LaunchFailure(StartFailure(error))
        }
        self.files = files
        if files.isEmpty { SystemLog.open(as: "swiftike") }
    }

    var sink: Log.Sink {
        let files = files
        return { level, line in
            guard !files.isEmpty else {
                SystemLog.write(Self.priority(level), line)
                return
            }
            let now = WallClock.now
            let local = Timestamp(seconds: now + WallClock.localOffset(at: now))
            for file in files { file.append("\(local.words): \(line)\n") }
        }
    }

    private static func priority(_ level: ReportLevel) -> SystemLog.Priority {
        switch level {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
