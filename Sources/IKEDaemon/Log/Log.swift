import ControlProtocol
package import IPsec
package import Negotiation
import Synchronization

/// Where lines for people go, and which of them are worth it.
package final class Log: Sendable {
    /// Takes one finished line without its time: where it ends up adds what is usual there.
    package typealias Sink = @Sendable (ReportLevel, String) -> Void

    private struct State {
        var threshold: ReportLevel
        var limiter = RepeatLimiter()
        /// Of stories: one about an address in ten minutes, ten in all.
        var stories = RepeatLimiter(perKey: 1, perWindow: 10, window: .seconds(600))
    }

    /// What happened to each IKE SA, whatever the threshold.
    package let recorder = FlightRecorder()
    private let state: Mutex<State>
    private let sink: Sink
    private let clock: @Sendable () -> Instant

    package init(threshold: ReportLevel, clock: @escaping @Sendable () -> Instant, sink: @escaping Sink) {
        state = Mutex(State(threshold: threshold))
        self.sink = sink
        self.clock = clock
    }

    package var now: Instant { clock() }

    /// The quietest level that is written.
    package var threshold: ReportLevel {
        get { state.withLock { $0.threshold } }
        set { state.withLock { $0.threshold = newValue } }
    }

    package func debug(_ text: String, about subject: String? = nil) { write(.debug, text, about: subject) }
    package func info(_ text: String, about subject: String? = nil) { write(.info, text, about: subject) }
    package func warning(_ text: String, about subject: String? = nil) {
        write(.warning, text, about: subject)
    }
    package func error(_ text: String, about subject: String? = nil) { write(.error, text, about: subject) }

    /// Writes a line about a tunnel or a peer, and a line for each further line of `text`.
    package func write(_ level: ReportLevel, _ text: String, about subject: String? = nil) {
        guard level >= threshold else { return }
        guard text.utf8.contains(UInt8(ascii: "\n")) else {
            if !text.isEmpty { sink(level, Self.line(level, subject, text)) }
            return
        }
        for line in text.split(separator: "\n") { sink(level, Self.line(level, subject, String(line))) }
    }

    /// Writes what a negotiation reports; what strangers can cause at will is limited.
    package func write(_ report: Report) {
        recorder.note(report, at: clock())
        writeSummary()
        guard report.level >= threshold, admits(report) else { return }
        writeStory(before: report)
        let subject = report.subject.tunnel ?? "\(report.subject.path.remote.address)"
        write(report.level, report.sentence, about: subject)
        for detail in report.details { write(report.level, "  " + detail, about: subject) }
        guard report.level >= .warning, let code = report.failure?.code else { return }
        write(report.level, "  \"swiftikectl explain \(code)\" says more", about: subject)
    }

    /// Writes what the flight recorder has of an IKE SA that fails: the end of it, and not too often.
    private func writeStory(before report: Report) {
        guard report.kind == .negotiationFailed, report.level >= .warning, let spi = report.subject.ikeSA,
            threshold <= .info
        else { return }
        let now = clock()
        let verdict = state.withLock { state in
            _ = state.stories.takeSummary(now: now)
            return state.stories.admit("\(report.subject.path.remote.address)", now: now)
        }
        guard verdict == .write else { return }
        let lines = recorder.untoldLines(beforeTheLastOf: spi, now: now)
        let subject = report.subject.tunnel ?? "\(report.subject.path.remote.address)"
        write(.info, "what went before, of the IKE SA that fails:", about: subject)
        let left = lines.count - Self.storyLines
        if left > 0 { write(.info, "  (\(left) lines before these: swiftikectl blackbox)", about: subject) }
        for line in lines.suffix(Self.storyLines) { write(.info, line, about: subject) }
    }

    /// Lines of a story, at most.
    private static let storyLines = 100

    /// One line, racoon's shape without the time; nothing in it can end the line or move the cursor.
    package static func line(_ level: ReportLevel, _ subject: String?, _ text: String) -> String {
        let about = subject.map { "[\(TerminalText.escaped($0))] " } ?? ""
        return "\(level.word): \(about)\(TerminalText.escaped(text))"
    }

    private func admits(_ report: Report) -> Bool {
        let isStrangers =
            report.kind == .dropped || (report.kind == .negotiationFailed && report.subject.tunnel == nil)
        guard isStrangers else { return true }
        let key = "\(report.kind) \(report.subject.path.remote.address)"
        let now = clock()
        return state.withLock { $0.limiter.admit(key, now: now) } == .write
    }

    private func writeSummary() {
        let now = clock()
        guard let count = state.withLock({ $0.limiter.takeSummary(now: now) }) else { return }
        write(.notice, "\(count) more lines about dropped messages and failed negotiations were not written")
    }
}

extension ReportLevel {
    /// racoon's word.
    package var word: String {
        switch self {
        case .debug: "DEBUG"
        case .info: "INFO"
        case .notice: "NOTIFY"
        case .warning: "WARNING"
        case .error: "ERROR"
        }
    }
}
