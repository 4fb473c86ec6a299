import ControlProtocol

/// Several runs of one measurement: what an operation cost in each, picoseconds.
struct Series {
    private(set) var runs: [Int64] = []

    /// Notes a run of `operations` that took `nanoseconds` together.
    mutating func add(nanoseconds: UInt64, operations: Int) {
        runs.append(Int64(nanoseconds) * 1000 / Int64(max(operations, 1)))
    }

    var median: Int64 {
        let sorted = runs.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
    var minimum: Int64 { runs.min() ?? 0 }
    var maximum: Int64 { runs.max() ?? 0 }

    /// `430.1 (421.0-502.3)`, nanoseconds: median, least and most.
    var text: String { "\(Self.text(median)) (\(Self.text(minimum))-\(Self.text(maximum)))" }

    var json: JSONValue {
        .object([
            .init("medianPicoseconds", .integer(median)), .init("minPicoseconds", .integer(minimum)),
            .init("maxPicoseconds", .integer(maximum)), .init("runs", .integer(Int64(runs.count))),
        ])
    }

    /// Picoseconds as nanoseconds with a decimal.
    static func text(_ picoseconds: Int64) -> String {
        let tenths = (picoseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}
