internal import Calendar

/// A status for people: aligned columns, nothing wider than its content.
package enum StatusText {
    /// The whole status, each line ended.
    package static func render(_ report: StatusReport) -> String {
        var blocks = [tunnels(report.tunnels), ikeSAs(report.ikeSAs), childSAs(report.childSAs)]
        if !report.drops.isEmpty { blocks.append(drops(report.drops)) }
        return blocks.joined(separator: "\n")
    }

    private static func tunnels(_ tunnels: [TunnelRecord]) -> String {
        guard !tunnels.isEmpty else { return "No tunnels are configured.\n" }
        let rows = tunnels.map { [$0.name, $0.state.words, $0.since.words, $0.reason] }
        let explained = tunnels.filter { !$0.details.isEmpty }.flatMap { tunnel in
            ["", "\(TerminalText.escaped(tunnel.name)):"]
                + tunnel.details.map { "  " + TerminalText.escaped($0) }
        }
        return table(["TUNNEL", "STATE", "SINCE (UTC)", "REASON"], rows)
            + explained.map { $0 + "\n" }.joined()
    }

    private static func ikeSAs(_ records: [IKESARecord]) -> String {
        guard !records.isEmpty else { return "No IKE SAs.\n" }
        let rows = records.map { record in
            [
                "IKEv\(record.version) \(record.role)", record.state, end(record.local, record.localID),
                end(record.remote, record.remoteID),
                algorithms([record.encryption, record.integrity, record.prf, record.keyExchange]),
                record.established?.words ?? "-", record.rekeyAt?.words ?? "-",
            ]
        }
        return table(["IKE SA", "STATE", "LOCAL", "REMOTE", "ALGORITHMS", "ESTABLISHED", "REKEY AT"], rows)
            + records.compactMap(belief).joined()
    }

    /// Why a peer is believed that showed a certificate or a key, and what is known of its revocation.
    private static func belief(_ record: IKESARecord) -> String? {
        guard let credential = record.credential else { return nil }
        let revocation = record.revocationPolicy.map { policy in
            "  revocation \(policy): \(record.revocation ?? "-")\n"
        }
        return "\n\(TerminalText.escaped(record.remote)) is believed by \(TerminalText.escaped(credential))\n"
            + TerminalText.escapedLines(revocation ?? "")
    }

    private static func childSAs(_ records: [ChildSARecord]) -> String {
        guard !records.isEmpty else { return "No child SAs.\n" }
        let rows = records.map { record in
            [
                record.tunnel ?? "-", "\(record.protocol) \(record.mode)", record.encapsulation, record.spiIn,
                record.spiOut, algorithms([record.encryption, record.integrity]),
                "\(record.packetsIn)/\(record.bytesIn)", "\(record.packetsOut)/\(record.bytesOut)",
                record.rekeyAt?.words ?? "-",
            ]
        }
        return table(
            [
                "CHILD SA", "KIND", "ENCAPSULATION", "SPI IN", "SPI OUT", "ALGORITHMS", "IN PACKETS/BYTES",
                "OUT PACKETS/BYTES", "REKEY AT",
            ], rows) + records.compactMap(compression).joined()
    }

    /// Whether packets are compressed, where that is wanted.
    private static func compression(_ record: ChildSARecord) -> String? {
        guard let compression = record.compression else { return nil }
        let subject = TerminalText.escaped("\(record.tunnel ?? "-") \(record.spiIn)")
        guard let cpiIn = record.cpiIn, let cpiOut = record.cpiOut else {
            return "\(subject) is not compressed: the peer does not agree to it\n"
        }
        return TerminalText.escaped(
            "\(subject) is compressed by \(compression), CPI \(cpiIn) in, \(cpiOut) out") + "\n"
    }

    static func drops(_ records: [DropRecord]) -> String {
        table(["DROPPED", "PACKETS", "WHY"], records.map { [$0.name, "\($0.count)", $0.sentence] })
    }

    /// The endpoint, and the identity where it says more than the address does.
    private static func end(_ endpoint: String, _ identity: String?) -> String {
        guard let identity, !endpoint.hasPrefix(identity + "[") else { return endpoint }
        return "\(endpoint) \(identity)"
    }

    private static func algorithms(_ names: [String?]) -> String {
        var known: [String] = []
        // In IKEv1 one hash is both integrity and PRF; once is enough.
        for case let name? in names where !known.contains(name) { known.append(name) }
        return known.isEmpty ? "-" : known.joined(separator: ", ")
    }

    /// Rows under their headings.
    static func table(_ headings: [String], _ rows: [[String]]) -> String {
        let rows = rows.map { $0.map(TerminalText.escaped) }
        let widths = headings.indices.map { column in
            max(headings[column].count, rows.map { $0[column].count }.max() ?? 0)
        }
        return ([headings] + rows).map { line(of: $0, widths) + "\n" }.joined()
    }

    private static func line(of cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (cell, width) in zip(cells, widths) {
            line += cell + String(repeating: " ", count: width - cell.count + 2)
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
