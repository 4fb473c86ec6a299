/// What a daemon says of the keys it hands out; the tables themselves follow the answer's line, one after the other.
package struct KeyReport: Hashable, Sendable {
    /// A file of keys.
    package struct Table: Hashable, Sendable {
        /// As Wireshark calls it.
        package var name: String
        package var octets: Int

        package init(name: String, octets: Int) {
            self.name = name
            self.octets = octets
        }
    }

    package var ikeSAs: Int
    package var espSAs: Int
    package var tables: [Table]
    /// What Wireshark cannot do with an SA, a sentence each.
    package var notes: [String]

    package init(ikeSAs: Int, espSAs: Int, tables: [Table], notes: [String]) {
        self.ikeSAs = ikeSAs
        self.espSAs = espSAs
        self.tables = tables
        self.notes = notes
    }

    /// `1 IKE SAs and 2 ESP SAs`.
    package var counts: String { "\(ikeSAs) IKE SAs and \(espSAs) ESP SAs" }

    package var json: JSONValue {
        .object([
            .init("ike_sas", .integer(Int64(ikeSAs))), .init("esp_sas", .integer(Int64(espSAs))),
            .init("tables", .array(tables.map(\.json))), .init("notes", .array(notes.map(JSONValue.string))),
        ])
    }

    package init(json: JSONValue) throws(ControlFailure) {
        let reader = RecordReader(json)
        ikeSAs = try reader.number("ike_sas")
        espSAs = try reader.number("esp_sas")
        tables = try RecordReader.list("tables", json, Table.init(json:))
        notes = try reader.texts("notes")
    }
}

extension KeyReport.Table {
    fileprivate var json: JSONValue {
        .object([.init("name", .string(name)), .init("octets", .integer(Int64(octets)))])
    }

    /// A name is a file's name and nothing else; a size is one that somebody could want to read.
    fileprivate init(json: RecordReader) throws(ControlFailure) {
        name = try json.word("name") { name in
            name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || ($0 | 0x20).isLetter || $0.isDigit }
                && !name.isEmpty ? name : nil
        }
        octets = try json.number("octets")
        guard (0...ControlReply.maximumSize).contains(octets) else {
            throw ControlFailure(.malformed, "the daemon's table \(name) is too large")
        }
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
