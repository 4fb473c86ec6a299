/// SAs with their counters for people.
package enum LiveSAText {
    /// An earlier report, to tell rates since.
    package struct Earlier: Sendable {
        package var report: LiveSAReport
        /// How long ago it was made.
        package var age: Duration

        package init(report: LiveSAReport, age: Duration) {
            self.report = report
            self.age = age
        }
    }

    /// A table, each line ended; with rates where there is an earlier report.
    package static func render(_ report: LiveSAReport, since earlier: Earlier? = nil) -> String {
        guard !report.sas.isEmpty else { return "No SAs.\n" }
        var headings = [
            "TUNNEL", "DIRECTION", "SPI", "FROM", "TO", "STATE", "PACKETS", "BYTES", "SEQUENCE", "WINDOW",
            "DROPPED", "TIME LEFT",
        ]
        guard let earlier else { return StatusText.table(headings, report.sas.map(cells)) }
        headings += ["PACKETS/S", "MBIT/S"]
        return StatusText.table(headings, report.sas.map { cells($0) + rates($0, since: earlier) })
    }

    private static func cells(_ sa: LiveSARecord) -> [String] {
        [
            sa.tunnel ?? "-", sa.direction, sa.spi, sa.source, sa.destination, sa.state, "\(sa.packets)",
            "\(sa.bytes)", sa.lastSequence.map { "\($0)" } ?? "-", window(sa), dropped(sa), timeLeft(sa),
        ]
    }

    /// The sequence numbers that are looked up: from the lowest that is not too old to the highest.
    private static func window(_ sa: LiveSARecord) -> String {
        guard let size = sa.replayWindow, size > 0, let highest = sa.lastSequence else { return "-" }
        let lowest = highest >= UInt64(size) ? highest - UInt64(size) + 1 : 1
        return highest == 0 ? "empty of \(size)" : "\(lowest)-\(highest)"
    }

    private static func dropped(_ sa: LiveSARecord) -> String {
        let reasons = [
            (sa.late, "late"), (sa.replayed, "replayed"), (sa.integrityFailures, "integrity"),
        ].filter { $0.0 > 0 }
        return reasons.isEmpty ? "-" : reasons.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }

    /// Until it is replaced, or until it ends where that is near already.
    private static func timeLeft(_ sa: LiveSARecord) -> String {
        if let soft = sa.softSecondsLeft, soft > 0 { return "\(soft) s" }
        return sa.hardSecondsLeft.map { "\(max(0, $0)) s to its end" } ?? "-"
    }

    private static func rates(_ sa: LiveSARecord, since earlier: Earlier) -> [String] {
        let age = Double(earlier.age.components.seconds) + Double(earlier.age.components.attoseconds) / 1e18
        // An SA that is new has counted from nothing.
        let before = earlier.report.sas.first { $0.identity == sa.identity }
        guard age > 0, sa.packets >= before?.packets ?? 0, sa.bytes >= before?.bytes ?? 0 else {
            return ["-", "-"]
        }
        let packets = Double(sa.packets - (before?.packets ?? 0)) / age
        let megabits = Double(sa.bytes - (before?.bytes ?? 0)) * 8 / 1e6 / age
        return ["\(Int64(packets.rounded()))", tenths(megabits)]
    }

    private static func tenths(_ number: Double) -> String {
        let tenths = Int64((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
