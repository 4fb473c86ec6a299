import Calendar
package import IPsec
package import Negotiation
import Synchronization

/// Keeps the last of what happened to each IKE SA, also what is too fine for the log, until somebody asks or it fails.
///
/// Messages are kept as octets and put into words when they are read: most never are.
package final class FlightRecorder: Sendable {
    /// Octets that are kept of one IKE SA, the newest.
    package static let capacity = 64 << 10
    /// Octets that are kept in all; beyond them, what was longest without news goes first.
    package static let totalCapacity = 8 << 20

    private struct State {
        /// By the SPI that we chose.
        var recordings: [UInt64: Recording] = [:]
        var refused = RefusedMessages()
        var size = 0

        /// Gives up what was longest without news.
        mutating func makeRoom(below limit: Int) {
            for (spi, recording) in recordings.sorted(by: { $0.value.newest < $1.value.newest }) {
                guard size > limit else { return }
                size -= recording.size
                recordings[spi] = nil
            }
        }
    }

    private let state = Mutex(State())
    private let totalCapacity: Int

    package init(totalCapacity: Int = FlightRecorder.totalCapacity) {
        self.totalCapacity = totalCapacity
    }

    /// Notes what happened to an IKE SA; what is about none is left out.
    package func note(_ report: Report, at now: Instant) {
        let event = Recording.Event.report(report.level, report.sentence, report.details)
        note(Recording.Entry(at: now, event: event), report.subject)
    }

    /// Notes a message of an IKE SA.
    package func note(_ trace: MessageTrace, at now: Instant) {
        let event = Recording.Event.message(trace.direction, trace.octets, trace.words)
        note(Recording.Entry(at: now, event: event), trace.subject)
    }

    /// Notes a message that no IKE SA came of.
    package func note(_ message: RefusedMessage, at now: Instant) {
        state.withLock { $0.refused.add(message, at: now) }
    }

    private func note(_ entry: Recording.Entry, _ subject: ReportSubject) {
        guard let spi = subject.ikeSA else { return }
        state.withLock { state in
            state.size +=
                state.recordings[spi, default: Recording(path: subject.path, newest: entry.at)]
                .add(entry, subject)
            if state.size > totalCapacity { state.makeRoom(below: totalCapacity / 4 * 3) }
        }
    }

    /// What is known of the IKE SAs of a tunnel, of a remote block, of an address or of an SPI, the oldest first; and of
    /// messages that no IKE SA came of, from that address, or of all of them by their own name.
    package func lines(about name: String, moment: Moment) -> [String] {
        let (found, refused) = state.withLock { state in
            (
                state.recordings.filter {
                    $0.value.concerns(name) || Self.words($0.key) == name.lowercased()
                }, state.refused
            )
        }
        return found.sorted { $0.value.newest < $1.value.newest }.flatMap { spi, recording in
            ["IKE SA \(Self.words(spi)) with \(recording.parties)"]
                + recording.entries.flatMap { $0.lines("\(moment.wall(at: $0.at).words)") }
        } + refused.lines(about: name) { moment.wall(at: $0).words }
    }

    /// What of an IKE SA was not told before, all but the newest, with the time since; told from now on.
    package func untoldLines(beforeTheLastOf spi: UInt64, now: Instant) -> [String] {
        let untold = state.withLock { state in state.recordings[spi]?.takeUntold() ?? [] }
        return untold.flatMap { $0.lines("-\((now - $0.at).decimalSeconds) s") }
    }

    private static func words(_ spi: UInt64) -> String {
        let digits = String(spi, radix: 16)
        return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
