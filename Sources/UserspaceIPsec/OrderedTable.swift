/// Rows by key that keep the order in which they were made.
struct OrderedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    struct Row: Sendable {
        /// Goes up with each row that is made, and stays when its value is replaced.
        let number: UInt64
        var value: Value
    }

    private var rows: [Key: Row] = [:]
    private var next: UInt64 = 1

    func row(_ key: Key) -> Row? { rows[key] }

    subscript(key: Key) -> Value? { rows[key]?.value }

    /// Makes a row, or replaces the value of the one there is; its number.
    @discardableResult
    mutating func set(_ key: Key, _ value: Value) -> UInt64 {
        if let row = rows[key] {
            rows[key]?.value = value
            return row.number
        }
        defer { next += 1 }
        rows[key] = Row(number: next, value: value)
        return next
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Row? { rows.removeValue(forKey: key) }

    /// The rows in the order in which they were made.
    var numbered: [Row] { rows.values.sorted { $0.number < $1.number } }

    /// The values in the order of their rows.
    var values: [Value] { numbered.map(\.value) }
}
