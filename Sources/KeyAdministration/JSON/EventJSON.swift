package import ControlProtocol
package import IPsec

/// What happened in a database as JSON; the manual page documents the members.
package enum EventJSON {
    /// - Parameter time: as it is written, such as `2026-11-21T02:07:18Z`.
    package static func object(_ event: DatabaseEvent, time: String, keys: KeyDisplay) -> JSONValue {
        .object([.init("type", .string("event")), .init("time", .string(time))] + members(event, keys))
    }

    private static func members(_ event: DatabaseEvent, _ keys: KeyDisplay) -> [JSONValue.Member] {
        switch event {
        case .added(let record): association("added", record, keys)
        case .updated(let record): association("updated", record, keys)
        case .deleted(let record): association("deleted", record, keys)
        case .expired(let record, let isHard): association(isHard ? "expired" : "expiring", record, keys)
        case .flushedSAD(let number):
            [named("flushed"), .init("protocol", .text(number.map(SetkeyWords.protocolName)))]
        case .addedPolicy(let record): policy("added", record)
        case .updatedPolicy(let record): policy("updated", record)
        case .deletedPolicy(let record): policy("deleted", record)
        case .expiredPolicy(let record, let isHard): policy(isHard ? "expired" : "expiring", record)
        case .flushedSPD: [named("flushed_policies")]
        case .acquire(let acquire): self.acquire(acquire)
        case .mappingChanged(let key, let old, let new):
            [
                named("mapping_changed"), .init("spi", .integer(Int64(key.id.spi.value))),
                .init("protocol", .string(SetkeyWords.protocolName(key.id.protocol))),
                .init("destination", .string("\(key.id.destination)")), .init("old", .string("\(old)")),
                .init("new", .string("\(new)")),
            ]
        case .other(let text): [named("other"), .init("text", .string(text))]
        case .lost: [named("lost")]
        }
    }

    private static func named(_ name: String) -> JSONValue.Member { .init("event", .string(name)) }

    private static func association(
        _ name: String, _ record: SADRecord, _ keys: KeyDisplay
    ) -> [JSONValue.Member] {
        [named(name), .init("sa", AssociationJSON.object(record, keys: keys))]
    }

    private static func policy(_ name: String, _ record: SPDRecord) -> [JSONValue.Member] {
        [named(name), .init("policy", PolicyJSON.object(record))]
    }

    private static func acquire(_ acquire: Acquire) -> [JSONValue.Member] {
        [
            named("acquire"), .init("sequence", .integer(Int64(acquire.sequence))),
            .init("packet", PolicyJSON.selector(acquire.packet)),
            .init("local", .string("\(acquire.local)")), .init("remote", .string("\(acquire.remote)")),
            .init("requests", .array(acquire.policy.templates.map(PolicyJSON.template))),
        ]
    }
}
