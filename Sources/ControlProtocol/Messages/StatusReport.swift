package import Calendar

/// All that `swiftikectl status` shows.
package struct StatusReport: Hashable, Sendable {
    /// Every configured tunnel, also those that are down.
    package var tunnels: [TunnelRecord]
    package var ikeSAs: [IKESARecord]
    package var childSAs: [ChildSARecord]
    /// Why packets were dropped so far, where the data plane counts it; no reason is there that did not occur.
    package var drops: [DropRecord]

    package init(
        tunnels: [TunnelRecord], ikeSAs: [IKESARecord], childSAs: [ChildSARecord], drops: [DropRecord] = []
    ) {
        self.tunnels = tunnels
        self.ikeSAs = ikeSAs
        self.childSAs = childSAs
        self.drops = drops
    }

    package var json: JSONValue {
        .object([
            .init("tunnels", .array(tunnels.map(\.json))),
            .init("ike_sas", .array(ikeSAs.map(\.json))),
            .init("child_sas", .array(childSAs.map(\.json))),
            .init("drops", .array(drops.map(\.json))),
        ])
    }

    package init(json: JSONValue) throws(ControlFailure) {
        tunnels = try RecordReader.list("tunnels", json, TunnelRecord.init(json:))
        ikeSAs = try RecordReader.list("ike_sas", json, IKESARecord.init(json:))
        childSAs = try RecordReader.list("child_sas", json, ChildSARecord.init(json:))
        drops = try RecordReader.list("drops", json, DropRecord.init(json:))
    }
}

/// A configured tunnel and how it fares.
package struct TunnelRecord: Hashable, Sendable {
    package var name: String
    package var state: TunnelState
    /// In words: why it is in this state.
    package var reason: String
    /// What else is known of a failure: offers side by side, networks.
    package var details: [String]
    /// When it came into this state.
    package var since: Timestamp

    package init(
        name: String, state: TunnelState, reason: String, details: [String] = [], since: Timestamp
    ) {
        self.name = name
        self.details = details
        self.state = state
        self.reason = reason
        self.since = since
    }

    var json: JSONValue {
        .object([
            .init("name", .string(name)), .init("state", .string(state.rawValue)),
            .init("reason", .string(reason)), .init("details", .array(details.map(JSONValue.string))),
            .init("since", .string(since.description)),
        ])
    }

    init(json: RecordReader) throws(ControlFailure) {
        name = try json.text("name")
        details = try json.texts("details")
        state = try json.word("state", TunnelState.init(rawValue:))
        reason = try json.text("reason")
        since = try json.word("since", Timestamp.init)
    }
}

/// How many packets were dropped for one reason.
package struct DropRecord: Hashable, Sendable {
    /// The counter's name, such as `unknown_spi`.
    package var name: String
    /// What happened, in words.
    package var sentence: String
    package var count: UInt64

    package init(name: String, sentence: String, count: UInt64) {
        self.name = name
        self.sentence = sentence
        self.count = count
    }

    var json: JSONValue {
        .object([
            .init("name", .string(name)), .init("sentence", .string(sentence)), .init("count", .count(count)),
        ])
    }

    init(json: RecordReader) throws(ControlFailure) {
        name = try json.text("name")
        sentence = try json.text("sentence")
        count = try json.number("count")
    }
}

/// How a tunnel fares.
package enum TunnelState: String, Hashable, Sendable, CaseIterable {
    /// Its SAs are there.
    case up
    /// A negotiation is under way.
    case connecting
    case down
    /// It waits for the peer.
    case listening
    /// It waits for the first packet.
    case onDemand = "on_demand"

    /// For people.
    package var words: String {
        self == .onDemand ? "on demand" : rawValue
    }
}
