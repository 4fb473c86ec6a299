import Calendar
package import IPsec
package import Negotiation
import Synchronization

/// Keeps the last of what happened to each IKE SA, also what is too fine for the log, until somebody asks.
package final class FlightRecorder: Sendable {
    /// Octets that are kept of one IKE SA, the newest.
    package static let capacity = 64 << 10
    /// Octets that are kept in all; beyond them, what was longest without news goes first.
    package static let totalCapacity = 8 << 20

    fileprivate struct Entry {
        var at: Instant
        var level: ReportLevel
        var lines: [String]

        /// What it costs, roughly.
        var size: Int { lines.reduce(overhead) { $0 + $1.utf8.count } }
        private var overhead: Int { 64 }
    }

    fileprivate struct Recording {
        var peer: String?
        var tunnels: Set<String> = []
        var path: Path
        var entries: [Entry] = []
        var size = 0
        var newest: Instant
    }

    fileprivate struct State {
        /// By the SPI that we chose.
        var recordings: [UInt64: Recording] = [:]
        var size = 0
    }

    private let state = Mutex(State())
    private let totalCapacity: Int

    package init(totalCapacity: Int = FlightRecorder.totalCapacity) {
        self.totalCapacity = totalCapacity
    }

    /// Notes what happened to an IKE SA; what is about none is left out.
    package func note(_ report: Report, at now: Instant) {
        guard let spi = report.subject.ikeSA else { return }
        let entry = Entry(at: now, level: report.level, lines: [report.sentence] + report.details)
        state.withLock { state in
            var recording =
                state.recordings.removeValue(forKey: spi) ?? Recording(path: report.subject.path, newest: now)
            state.size -= recording.size
            recording.add(entry, report.subject)
            state.size += recording.size
            state.recordings[spi] = recording
            if state.size > totalCapacity { state.makeRoom(below: totalCapacity / 4 * 3) }
        }
    }

    /// What is known of the IKE SAs of a tunnel, of a remote block, of an address or of an SPI, the oldest first.
    package func lines(about name: String, moment: Moment) -> [String] {
        let found = state.withLock { state in
            state.recordings.filter { $0.value.concerns(name) || Self.words($0.key) == name.lowercased() }
        }
        return found.sorted { $0.value.newest < $1.value.newest }.flatMap { spi, recording in
            ["IKE SA \(Self.words(spi)) with \(recording.parties)"]
                + recording.entries.flatMap { $0.text(moment) }
        }
    }

    private static func words(_ spi: UInt64) -> String {
        let digits = String(spi, radix: 16)
        return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension FlightRecorder.State {
    /// Gives up what was longest without news.
    fileprivate mutating func makeRoom(below limit: Int) {
        for (spi, recording) in recordings.sorted(by: { $0.value.newest < $1.value.newest }) {
            guard size > limit else { return }
            size -= recording.size
            recordings[spi] = nil
        }
    }
}

extension FlightRecorder.Recording {
    fileprivate mutating func add(_ entry: FlightRecorder.Entry, _ subject: ReportSubject) {
        peer = subject.peer ?? peer
        if let tunnel = subject.tunnel { tunnels.insert(tunnel) }
        path = subject.path
        newest = entry.at
        entries.append(entry)
        size += entry.size
        guard size > FlightRecorder.capacity else { return }
        // A quarter at once, so that it does not cost a move of all for each.
        var dropped = 0
        while size > FlightRecorder.capacity / 4 * 3, dropped < entries.count - 1 {
            size -= entries[dropped].size
            dropped += 1
        }
        entries.removeFirst(dropped)
    }

    fileprivate func concerns(_ name: String) -> Bool {
        tunnels.contains(name) || peer == name || "\(path.remote.address)" == name
    }

    fileprivate var parties: String {
        (peer.map { "remote \"\($0)\", " } ?? "") + "\(path.remote)"
            + (tunnels.isEmpty ? "" : ", for \(tunnels.sorted().joined(separator: ", "))")
    }
}

extension FlightRecorder.Entry {
    fileprivate func text(_ moment: Moment) -> [String] {
        let head = "  \(moment.wall(at: at).words) \(level.word): "
        return lines.enumerated().map { $0.offset == 0 ? head + $0.element : "      " + $0.element }
    }
}
