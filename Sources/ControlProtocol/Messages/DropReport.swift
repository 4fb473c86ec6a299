package import Calendar

/// All that `swiftikectl drops` shows.
package struct DropReport: Hashable, Sendable {
    /// No reason is there that did not occur.
    package var drops: [DropRecord]
    /// The last packets dropped, oldest first; none where the plane does not see them.
    package var packets: [DroppedPacketRecord]

    package init(drops: [DropRecord], packets: [DroppedPacketRecord]) {
        self.drops = drops
        self.packets = packets
    }

    package var json: JSONValue {
        .object([
            .init("drops", .array(drops.map(\.json))), .init("packets", .array(packets.map(\.json))),
        ])
    }

    package init(json: JSONValue) throws(ControlFailure) {
        drops = try RecordReader.list("drops", json, DropRecord.init(json:))
        packets = try RecordReader.list("packets", json, DroppedPacketRecord.init(json:))
    }
}

/// A packet that was dropped.
///
/// What was not seen of it is nil, and null in JSON.
package struct DroppedPacketRecord: Hashable, Sendable {
    /// The counter's name.
    package var reason: String
    package var time: Timestamp
    /// `inbound` or `outbound`.
    package var direction: String
    /// `192.0.2.1[4500] > 192.0.2.2[4500] udp`: of the protected packet.
    package var outer: String?
    /// The same of the packet inside.
    package var inner: String?
    package var spi: String?
    package var sequence: UInt32?
    /// Octets of the whole packet.
    package var length: Int
    /// The first octets, in hexadecimal.
    package var head: String

    package init(
        reason: String, time: Timestamp, direction: String, length: Int, head: String
    ) {
        self.reason = reason
        self.time = time
        self.direction = direction
        self.length = length
        self.head = head
    }

    var json: JSONValue {
        .object([
            .init("reason", .string(reason)), .init("time", .string(time.description)),
            .init("direction", .string(direction)), .init("outer", .text(outer)),
            .init("inner", .text(inner)),
            .init("spi", .text(spi)), .init("sequence", sequence.map { .integer(Int64($0)) } ?? .null),
            .init("length", .integer(Int64(length))), .init("head", .string(head)),
        ])
    }

    init(json: RecordReader) throws(ControlFailure) {
        reason = try json.text("reason")
        time = try json.word("time", Timestamp.init)
        direction = try json.text("direction")
        outer = try json.optionalText("outer")
        inner = try json.optionalText("inner")
        spi = try json.optionalText("spi")
        sequence = try json.optionalNumber("sequence")
        length = try json.number("length")
        head = try json.text("head")
    }
}
