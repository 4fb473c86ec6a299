internal import Calendar

/// Dropped packets for people.
package enum DropText {
    /// How much of each packet is shown.
    package enum Detail: Sendable {
        case headers
        /// Its first octets besides.
        case octets
    }

    /// Reasons and counts, then the packets; each line ended.
    package static func render(_ report: DropReport, _ detail: Detail) -> String {
        guard !report.drops.isEmpty else { return "No packets were dropped.\n" }
        var blocks = [StatusText.drops(report.drops)]
        if !report.packets.isEmpty { blocks.append(packets(report.packets, detail)) }
        return blocks.joined(separator: "\n")
    }

    private static func packets(_ records: [DroppedPacketRecord], _ detail: Detail) -> String {
        let table = StatusText.table(
            ["LAST DROPPED (UTC)", "WHY", "DIRECTION", "OCTETS", "PACKET"],
            records.map { [$0.time.words, $0.reason, $0.direction, "\($0.length)", words($0)] })
        guard detail == .octets else { return table }
        var lines = table.split(separator: "\n").map(String.init)
        let heading = lines.removeFirst()
        let shown = zip(lines, records).flatMap { [$0] + rows(of: $1.head) }
        return ([heading] + shown).joined(separator: "\n") + "\n"
    }

    private static func words(_ record: DroppedPacketRecord) -> String {
        var words: [String] = []
        if let outer = record.outer { words.append(outer) }
        if let spi = record.spi { words.append("spi \(spi)") }
        if let sequence = record.sequence { words.append("sequence \(sequence)") }
        if let inner = record.inner { words.append(record.outer == nil ? inner : "inside: \(inner)") }
        return words.isEmpty ? "not an IP packet" : words.joined(separator: " ")
    }

    /// Hexadecimal in rows of 16 octets.
    private static func rows(of head: String) -> [String] {
        let digits = Array(TerminalText.escaped(head))
        return stride(from: 0, to: digits.count, by: 32).map { start in
            let row = digits[start..<min(start + 32, digits.count)]
            let groups = stride(from: row.startIndex, to: row.endIndex, by: 4).map {
                String(row[$0..<min($0 + 4, row.endIndex)])
            }
            return "    " + groups.joined(separator: " ")
        }
    }
}
