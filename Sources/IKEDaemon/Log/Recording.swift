import IPsec
import Negotiation

/// What happened to one IKE SA.
struct Recording {
    enum Event {
        case report(ReportLevel, String, [String])
        case message(MessageTrace.Direction, [UInt8], MessageTrace.Words)
    }

    struct Entry {
        var at: Instant
        var event: Event

        /// Octets that it costs, with what arrays and strings cost beside their content.
        var size: Int {
            switch event {
            case .report(_, let sentence, let details):
                details.reduce(Self.overhead + sentence.utf8.count) { $0 + $1.utf8.count + Self.overhead / 2 }
            case .message(_, let octets, _): Self.overhead + octets.count
            }
        }

        private static let overhead = 96

        /// - Parameter time: when it was, in words.
        func lines(_ time: String) -> [String] {
            switch event {
            case .report(let level, let sentence, let details):
                ["  \(time) \(level.word): \(sentence)"] + details.map(Self.indented)
            case .message(let direction, let octets, let words):
                words(octets).enumerated().map { index, line in
                    index == 0 ? "  \(time) \(direction.rawValue) \(line)" : Self.indented(line)
                }
            }
        }

        private static func indented(_ line: String) -> String { "      " + line }
    }

    private(set) var peer: String?
    private(set) var tunnels: Set<String> = []
    private(set) var path: Path
    private(set) var entries: [Entry] = []
    /// Octets, roughly.
    private(set) var size = 0
    private(set) var newest: Instant
    /// How many of the first entries were told.
    private var told = 0

    init(path: Path, newest: Instant) {
        self.path = path
        self.newest = newest
    }

    /// Returns by how many octets it has grown.
    mutating func add(_ entry: Entry, _ subject: ReportSubject) -> Int {
        let before = size
        newest = entry.at
        peer = subject.peer ?? peer
        if let tunnel = subject.tunnel { tunnels.insert(tunnel) }
        path = subject.path
        entries.append(entry)
        size += entry.size
        guard size > FlightRecorder.capacity else { return size - before }
        // A quarter at once, so that it does not cost a move of all for each.
        var dropped = 0
        while size > FlightRecorder.capacity / 4 * 3, dropped < entries.count - 1 {
            size -= entries[dropped].size
            dropped += 1
        }
        entries.removeFirst(dropped)
        told = max(0, told - dropped)
        return size - before
    }

    /// All but the newest; what is told is told with that one.
    mutating func takeUntold() -> [Entry] {
        defer { told = entries.count }
        return Array(entries.dropFirst(told).dropLast())
    }

    func concerns(_ name: String) -> Bool {
        tunnels.contains(name) || peer == name || "\(path.remote.address)" == name
    }

    var parties: String {
        (peer.map { "remote \"\($0)\", " } ?? "") + "\(path.remote)"
            + (tunnels.isEmpty ? "" : ", for \(tunnels.sorted().joined(separator: ", "))")
    }
}

extension Duration {
    /// `0.042`.
    var decimalSeconds: String {
        let milliseconds = components.seconds &* 1000 &+ components.attoseconds / 1_000_000_000_000_000
        let fraction = "\(milliseconds % 1000)"
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
