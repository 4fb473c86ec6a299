package import ControlProtocol
package import IPsec

/// An SPD entry as JSON; the manual page documents the members.
package enum PolicyJSON {
    package static func object(_ record: SPDRecord) -> JSONValue {
        let entry = record.entry
        let policy = entry.policy
        return .object([
            .init("type", .string("policy")),
            .init("direction", .string(SetkeyWords.direction(policy.direction))),
            .init("per_socket", .bool(record.isPerSocket)),
            .init("selector", selector(policy.selector)),
            .init("priority", .integer(Int64(policy.priority))),
            .init("action", .string(SetkeyWords.action(policy.action))),
            .init("requests", .array(policy.templates.map(template))),
            .init("index", .integer(Int64(record.index))),
            .init("lifetime", AssociationJSON.lifetime(entry.lifetime)),
            .init("usage", AssociationJSON.usage(record.usage)),
            .init("mark", .text(entry.mark?.description)),
            .init("interface_id", .integer(Int64(entry.interfaceID))),
            .init("interface", .integer(Int64(entry.interface))),
            .init("table", .string(entry.table == .main ? "main" : "sub")),
            .init("flags", .array(entry.flags.map(\.rawValue).sorted().map(JSONValue.string))),
            .init("offload", offload(entry.offload)),
            .init("security_context", securityContext(entry.securityContext)),
            .init("foreign_attributes", foreign(entry.foreign)),
        ])
    }

    static func selector(_ selector: Selector) -> JSONValue {
        .object([
            .init("source", .string("\(selector.source)")),
            .init("destination", .string("\(selector.destination)")),
            .init("protocol", .integer(Int64(selector.upperProtocol))),
            .init("source_port", .integer(Int64(selector.sourcePort))),
            .init("destination_port", .integer(Int64(selector.destinationPort))),
            .init("source_port_mask", selector.sourcePortMask.map { .integer(Int64($0)) } ?? .null),
            .init("destination_port_mask", selector.destinationPortMask.map { .integer(Int64($0)) } ?? .null),
        ])
    }

    static func template(_ template: PolicyTemplate) -> JSONValue {
        let level =
            switch template.level {
            case .use: "use"
            case .require: "require"
            case .unique: "unique"
            }
        return .object([
            .init("protocol", .string(SetkeyWords.protocolName(template.protocol))),
            .init("mode", .string(template.mode.rawValue)),
            .init("source", .text(template.tunnelSource.map { "\($0)" })),
            .init("destination", .text(template.tunnelDestination.map { "\($0)" })),
            .init("level", .string(level)),
            .init("request_id", .integer(Int64(template.requestID))),
        ])
    }

    static func offload(_ offload: HardwareOffload?) -> JSONValue {
        guard let offload else { return .null }
        let extent =
            switch offload.extent {
            case .crypto: "crypto"
            case .packet: "packet"
            }
        return .object([
            .init("interface", .integer(Int64(offload.interface))),
            .init("direction", .string(SetkeyWords.direction(offload.direction))),
            .init("extent", .string(extent)),
        ])
    }

    static func securityContext(_ context: SecurityContext?) -> JSONValue {
        guard let context else { return .null }
        return .object([
            .init("domain", .integer(Int64(context.domain))),
            .init("algorithm", .integer(Int64(context.algorithm))),
            .init("text", .string(context.text)),
        ])
    }

    static func foreign(_ attributes: [ForeignAttribute]) -> JSONValue {
        .array(
            attributes.map {
                .object([
                    .init("number", .integer(Int64($0.number))),
                    .init("octets", .string(Hexadecimal.text($0.octets.span))),
                ])
            })
    }
}
