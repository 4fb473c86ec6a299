internal import Calendar

/// Keys and certificates for people.
package enum CertificateText {
    /// All of them, each line ended; then what is wrong with files.
    package static func render(_ report: CertificateReport) -> String {
        var text =
            report.certificates.isEmpty
            ? "No certificates and no keys are in use.\n" : table(report.certificates)
        if !report.problems.isEmpty {
            text += "\nPROBLEMS\n"
            for problem in report.problems { text += TerminalText.escaped(problem) + "\n" }
        }
        return text
    }

    private static func table(_ records: [CertificateRecord]) -> String {
        let rows = records.map { record in
            [
                record.role, record.subject ?? "(a key alone)", joined(record.names), record.key ?? "-",
                record.until?.words ?? "-", record.status, joined(record.users), record.file,
            ]
        }
        return StatusText.table(
            ["ROLE", "SUBJECT", "NAMES", "KEY", "UNTIL (UTC)", "STATUS", "USED BY", "FILE"], rows)
    }

    private static func joined(_ words: [String]) -> String {
        words.isEmpty ? "-" : words.joined(separator: ", ")
    }
}
