import ControlProtocol

/// The engine's figures beside those of the plain C program.
enum ProtectionTable {
    static func lines(_ rows: [ProtectionBench.Row]) -> [String] {
        [line("transform", "octets", "", "ours", "plain C loop", "C / ours", "asked")]
            + rows.map { row in
                line(
                    row.transform.name, "\(row.size)", row.operation, row.ours.text, row.plain.text,
                    percent(row.ratio), row.threshold.map { percent($0) } ?? "")
                    + (row.isFastEnough ? "" : "  TOO SLOW")
            }
    }

    static func json(_ rows: [ProtectionBench.Row]) -> JSONValue {
        .array(
            rows.map { row in
                .object([
                    .init("transform", .string(row.transform.name)),
                    .init("octets", .integer(Int64(row.size))),
                    .init("operation", .string(row.operation)), .init("ours", row.ours.json),
                    .init("plain", row.plain.json), .init("ratioThousandths", .integer(row.ratio)),
                    .init("askedThousandths", row.threshold.map { .integer($0) } ?? .null),
                ])
            })
    }

    private static func percent(_ thousandths: Int64) -> String {
        "\(thousandths / 10).\(thousandths % 10) %"
    }

    private static func line(_ cells: String...) -> String {
        let widths = [32, 8, 6, 26, 26, 10, 8]
        return zip(cells, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined()
    }
}
