/// One SA as it is at a moment, as `swiftikectl sas` shows it.
///
/// What the data plane does not tell is nil, and null in JSON.
package struct LiveSARecord: Hashable, Sendable {
    /// nil for traffic whose policy is not a tunnel's.
    package var tunnel: String?
    /// `inbound` or `outbound`.
    package var direction: String
    /// `0x00001001`.
    package var spi: String
    package var source: String
    package var destination: String
    /// `larval`, `mature`, `dying` or `dead`.
    package var state: String
    package var packets: UInt64 = 0
    package var bytes: UInt64 = 0
    /// The last sequence number sent, or the highest received.
    package var lastSequence: UInt64?
    /// Packets of the replay window; its lowest number is the last one's, less this, plus 1.
    package var replayWindow: UInt32?
    /// Packets dropped: before the replay window, seen before, altered or of another key.
    package var late: UInt32 = 0
    package var replayed: UInt32 = 0
    package var integrityFailures: UInt32 = 0
    /// Seconds until the SA is replaced, and until it ends.
    package var softSecondsLeft: Int64?
    package var hardSecondsLeft: Int64?

    package init(
        tunnel: String?, direction: String, spi: String, source: String, destination: String, state: String
    ) {
        self.tunnel = tunnel
        self.direction = direction
        self.spi = spi
        self.source = source
        self.destination = destination
        self.state = state
    }

    /// What tells an SA from others as long as it lives.
    package var identity: String { "\(direction) \(spi) \(destination)" }

    package var json: JSONValue {
        .object([
            .init("tunnel", .text(tunnel)), .init("direction", .string(direction)),
            .init("spi", .string(spi)),
            .init("source", .string(source)), .init("destination", .string(destination)),
            .init("state", .string(state)), .init("packets", .count(packets)), .init("bytes", .count(bytes)),
            .init("last_sequence", lastSequence.map(JSONValue.count) ?? .null),
            .init("replay_window", replayWindow.map { .integer(Int64($0)) } ?? .null),
            .init("late", .integer(Int64(late))), .init("replayed", .integer(Int64(replayed))),
            .init("integrity_failures", .integer(Int64(integrityFailures))),
            .init("soft_seconds_left", softSecondsLeft.map(JSONValue.integer) ?? .null),
            .init("hard_seconds_left", hardSecondsLeft.map(JSONValue.integer) ?? .null),
        ])
    }

    init(json: RecordReader) throws(ControlFailure) {
        tunnel = try json.optionalText("tunnel")
        direction = try json.text("direction")
        spi = try json.text("spi")
        source = try json.text("source")
        destination = try json.text("destination")
        state = try json.text("state")
        packets = try json.number("packets")
        bytes = try json.number("bytes")
        lastSequence = try json.optionalNumber("last_sequence")
        replayWindow = try json.optionalNumber("replay_window")
        late = try json.number("late")
        replayed = try json.number("replayed")
        integrityFailures = try json.number("integrity_failures")
        softSecondsLeft = try json.optionalNumber("soft_seconds_left")
        hardSecondsLeft = try json.optionalNumber("hard_seconds_left")
    }
}

/// All that `swiftikectl sas` shows.
package struct LiveSAReport: Hashable, Sendable {
    package var sas: [LiveSARecord]

    package init(sas: [LiveSARecord]) {
        self.sas = sas
    }

    package var json: JSONValue { .object([.init("sas", .array(sas.map(\.json)))]) }

    package init(json: JSONValue) throws(ControlFailure) {
        sas = try RecordReader.list("sas", json, LiveSARecord.init(json:))
    }
}
