/// Reads the members of one record of a status, and says which one is amiss.
struct RecordReader {
    private let value: JSONValue

    init(_ value: JSONValue) {
        self.value = value
    }

    func text(_ name: String) throws(ControlFailure) -> String {
        guard let text = value[name]?.string else { throw amiss(name) }
        return text
    }

    func texts(_ name: String) throws(ControlFailure) -> [String] {
        guard let values = value[name]?.array else { throw amiss(name) }
        let texts = values.compactMap(\.string)
        guard texts.count == values.count else { throw amiss(name) }
        return texts
    }

    /// nil where the member is null.
    func optionalText(_ name: String) throws(ControlFailure) -> String? {
        if value[name] == .null { return nil }
        return try text(name)
    }

    /// nil where the member is null.
    func optionalTruth(_ name: String) throws(ControlFailure) -> Bool? {
        if value[name] == .null { return nil }
        guard let truth = value[name]?.bool else { throw amiss(name) }
        return truth
    }

    func number<Number: FixedWidthInteger>(_ name: String) throws(ControlFailure) -> Number {
        guard let number = value[name]?.integer, let exact = Number(exactly: number) else {
            throw amiss(name)
        }
        return exact
    }

    /// nil where the member is null.
    func optionalNumber<Number: FixedWidthInteger>(_ name: String) throws(ControlFailure) -> Number? {
        if value[name] == .null { return nil }
        return try number(name)
    }

    func word<Word>(_ name: String, _ make: (String) -> Word?) throws(ControlFailure) -> Word {
        guard let word = make(try text(name)) else { throw amiss(name) }
        return word
    }

    func optionalWord<Word>(_ name: String, _ make: (String) -> Word?) throws(ControlFailure) -> Word? {
        if value[name] == .null { return nil }
        return try word(name, make)
    }

    private func amiss(_ name: String) -> ControlFailure {
        ControlFailure(.malformed, "the daemon's status lacks a valid \"\(name)\"")
    }

    /// Reads a list of records that is a member of an answer.
    static func list<Record>(
        _ name: String, _ json: JSONValue, _ make: (RecordReader) throws(ControlFailure) -> Record
    ) throws(ControlFailure) -> [Record] {
        guard let values = json[name]?.array else {
            throw ControlFailure(.malformed, "the daemon's answer lacks its list of \(name)")
        }
        var records: [Record] = []
        for value in values { records.append(try make(RecordReader(value))) }
        return records
    }
}
