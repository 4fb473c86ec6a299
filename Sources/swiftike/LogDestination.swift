import Calendar
import ControlProtocol
import IKEDaemon
import LinuxIO
import Negotiation
import Synchronization

/// Where the log's lines go: standard error, a file, or syslog.
final class LogDestination: Sendable {
    private let terminal: AppendedFile?
    /// The file of `-l`; another one after it was renamed.
    private let file: Mutex<AppendedFile?>
    private let path: String?
    /// The second that was written last, and how: many lines fall into one.
    private let clock = Mutex((second: Int64.min, words: ""))

    init(options: DaemonProgram) throws(LaunchFailure) {
        path = options.flags.logFile
        do {
            terminal = options.flags.staysInForeground ? try AppendedFile(duplicating: 2) : nil
            file = Mutex(try options.flags.logFile.map(Self.opened))
        } catch {
            throw LaunchFailure(StartFailure(error))
        }
        if terminal == nil, path == nil { SystemLog.open(as: "swiftike") }
    }

    private static func opened(_ path: String) throws(SystemError) -> AppendedFile {
        try AppendedFile(path: path)
    }

    /// Opens the file anew, so that one that was renamed gets no further lines; on failure the old one stays.
    func reopen() throws(SystemError) {
        guard let path else { return }
        let new = try AppendedFile(path: path)
        file.withLock { $0 = new }
    }

    func write(_ lines: [LogLine]) {
        guard terminal != nil || path != nil else {
            for line in lines { SystemLog.write(Self.priority(line.level), line.text) }
            return
        }
        let time = time
        var text = ""
        for line in lines { text += "\(time): \(line.text)\n" }
        terminal?.append(text)
        file.withLock { $0 }?.append(text)
    }

    /// Now, in local time.
    private var time: String {
        let now = WallClock.now
        return clock.withLock { clock in
            if clock.second != now {
                clock = (now, Timestamp(seconds: now + WallClock.localOffset(at: now)).words)
            }
            return clock.words
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
