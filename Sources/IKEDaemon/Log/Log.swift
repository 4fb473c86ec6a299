import ControlProtocol
package import IPsec
package import Negotiation
import Synchronization

/// One finished line for people, without its time: where it ends up adds what is usual there.
package struct LogLine: Hashable, Sendable {
    package var level: ReportLevel
    package var text: String

    /// racoon's shape; nothing in it can end the line or move the cursor.
    init(_ level: ReportLevel, about subject: String?, _ text: String) {
        let about = subject.map { "[\(TerminalText.escaped($0))] " } ?? ""
        self.level = level
        self.text = "\(level.word): \(about)\(TerminalText.escaped(text))"
    }
}

/// Where lines for people go, and which of them are worth it.
package final class Log: Sendable {
    /// Takes lines that are to be written together.
    package typealias Sink = @Sendable ([LogLine]) -> Void

    private struct State {
        var threshold: ReportLevel
        var limiter = RepeatLimiter()
        /// Of stories: one about an address in ten minutes, ten in all.
        var stories = RepeatLimiter(perKey: 1, perWindow: 10, window: .seconds(600))
        /// The failure of an IKE SA that was written last.
        var failure: (spi: UInt64, sentence: String)?
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
        write(lines(level, text, about: subject))
    }

    /// Writes what a negotiation reports; what strangers can cause at will is limited.
    package func write(_ report: Report) {
        write(noted(report))
    }

    /// Writes lines that are worth it, all at once.
    package func write(_ lines: [LogLine]) {
        if !lines.isEmpty { sink(lines) }
    }

    /// Notes what a negotiation reports; what is returned is to be written, soon.
    package func noted(_ report: Report) -> [LogLine] {
        let now = clock()
        recorder.note(report, at: now)
        let (threshold, suppressed) = state.withLock { ($0.threshold, $0.limiter.takeSummary(now: now)) }
        let summary = suppressed.map(suppressedLines) ?? []
        guard report.level >= threshold, admits(report, now) else { return summary }
        let isRepeated = isRepeated(report)
        if isRepeated, report.subject.tunnel == nil { return summary }
        let subject = report.subject.tunnel ?? "\(report.subject.path.remote.address)"
        var lines = summary + story(before: report, about: subject, now)
        lines += self.lines(report.level, report.sentence, about: subject)
        if isRepeated { return lines }
        for detail in report.details { lines += self.lines(report.level, "  " + detail, about: subject) }
        guard report.level >= .warning, let code = report.failure?.code else { return lines }
        return lines
            + self.lines(report.level, "  \"swiftikectl explain \(code)\" says more", about: subject)
    }

    /// Whether the record of this failure was written just now: an IKE SA that fails takes tunnels with it, and each tells.
    private func isRepeated(_ report: Report) -> Bool {
        guard report.kind == .negotiationFailed, let spi = report.subject.ikeSA else { return false }
        return state.withLock { state in
            defer { state.failure = (spi, report.sentence) }
            return state.failure.map { $0 == (spi, report.sentence) } ?? false
        }
    }

    /// What of a text is written at this level.
    private func lines(_ level: ReportLevel, _ text: String, about subject: String? = nil) -> [LogLine] {
        guard level >= threshold, !text.isEmpty else { return [] }
        guard text.utf8.contains(UInt8(ascii: "\n")) else { return [LogLine(level, about: subject, text)] }
        return text.split(separator: "\n").map { LogLine(level, about: subject, String($0)) }
    }

    /// What the flight recorder has of an IKE SA that fails: the end of it, and not too often.
    private func story(before report: Report, about subject: String, _ now: Instant) -> [LogLine] {
        guard report.kind == .negotiationFailed, report.level >= .warning, let spi = report.subject.ikeSA,
            threshold <= .info
        else { return [] }
        let verdict = state.withLock { state in
            _ = state.stories.takeSummary(now: now)
            return state.stories.admit("\(report.subject.path.remote.address)", now: now)
        }
        guard verdict == .write else { return [] }
        let told = recorder.untoldLines(beforeTheLastOf: spi, now: now)
        var texts = ["what went before, of the IKE SA that fails:"]
        let left = told.count - Self.storyLines
        if left > 0 { texts.append("  (\(left) lines before these: swiftikectl blackbox)") }
        return (texts + told.suffix(Self.storyLines)).flatMap { lines(.info, $0, about: subject) }
    }

    /// Lines of a story, at most.
    private static let storyLines = 100

    private func admits(_ report: Report, _ now: Instant) -> Bool {
        let isStrangers =
            report.kind == .dropped || (report.kind == .negotiationFailed && report.subject.tunnel == nil)
        guard isStrangers else { return true }
        let key = "\(report.kind) \(report.subject.path.remote.address)"
        return state.withLock { $0.limiter.admit(key, now: now) } == .write
    }

    /// What was kept back in a window that has ended.
    private func suppressedLines(_ count: Int) -> [LogLine] {
        lines(
            .notice, "\(count) more lines about dropped messages and failed negotiations were not written")
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
