import Algorithms
import Calendar
package import ControlProtocol
package import IPsec
import KeyMaterial

/// An SAD entry as JSON; the manual page documents the members.
package enum AssociationJSON {
    package static func object(_ record: SADRecord, keys: KeyDisplay) -> JSONValue {
        let entry = record.entry
        return .object(
            identity(entry) + transform(entry.transform, keys) + [
                .init("encapsulation", encapsulation(entry.encapsulation)),
                .init("selector", entry.selector.map(PolicyJSON.selector) ?? .null),
                .init("replay", replay(record)),
                .init("lifetime", lifetime(entry.lifetime)),
                .init("usage", usage(record.usage)),
                .init("state", .string(record.state.rawValue)),
            ] + options(entry))
    }

    private static func identity(_ entry: SADEntry) -> [JSONValue.Member] {
        [
            .init("type", .string("sa")),
            .init("source", .string("\(entry.source)")),
            .init("destination", .string("\(entry.id.destination)")),
            .init("protocol", .string(SetkeyWords.protocolName(entry.id.protocol))),
            .init("spi", .integer(Int64(entry.id.spi.value))),
            .init("mode", .text(entry.mode?.rawValue)),
            .init("request_id", .integer(Int64(entry.requestID))),
            .init("acquire_sequence", .integer(Int64(entry.acquireSequence))),
        ]
    }

    private static func transform(_ transform: SATransform, _ keys: KeyDisplay) -> [JSONValue.Member] {
        var encryption = JSONValue.null
        var integrity = JSONValue.null
        var compression = JSONValue.null
        switch transform {
        case .none: break
        case .esp(let cipher, let check):
            encryption = algorithm(SetkeyWords.name(cipher), cipher.key, cipher.icvBits, keys)
            integrity = check.map { algorithm(SetkeyWords.name($0), $0.key, $0.icvBits, keys) } ?? .null
        case .ah(let check):
            integrity = algorithm(SetkeyWords.name(check), check.key, check.icvBits, keys)
        case .ipcomp(let method): compression = .string(SetkeyWords.name(method))
        }
        return [
            .init("encryption", encryption), .init("integrity", integrity), .init("compression", compression),
        ]
    }

    private static func algorithm(
        _ name: String, _ key: SecretKey, _ icvBits: Int?, _ keys: KeyDisplay
    ) -> JSONValue {
        .object([
            .init("name", .string(name)),
            .init("key_bits", .integer(Int64(key.count * 8))),
            .init("icv_bits", icvBits.map { .integer(Int64($0)) } ?? .null),
            .init("key", keys == .masked ? .null : .string(key.withSpan { Hexadecimal.text($0) })),
        ])
    }

    private static func encapsulation(_ encapsulation: SADEntry.Encapsulation?) -> JSONValue {
        guard let encapsulation else { return .null }
        let kind =
            switch encapsulation.kind {
            case .udp: "udp"
            case .udpNonIKE: "udp-non-ike"
            case .tcp: "tcp"
            case .foreign(let number): "\(number)"
            }
        return .object([
            .init("kind", .string(kind)),
            .init("source_port", .integer(Int64(encapsulation.ports.sourcePort))),
            .init("destination_port", .integer(Int64(encapsulation.ports.destinationPort))),
            .init("original_address", .text(encapsulation.originalAddress.map { "\($0)" })),
        ])
    }

    private static func replay(_ record: SADRecord) -> JSONValue {
        let replay = record.entry.replay
        return .object([
            .init("window", .integer(Int64(replay.window))),
            .init("extended_sequence_numbers", .bool(replay.usesExtendedSequenceNumbers)),
            .init("outbound_sequence", .count(replay.outboundSequence)),
            .init("inbound_sequence", .count(replay.inboundSequence)),
            .init("late", .integer(Int64(record.late))),
            .init("replayed", .integer(Int64(record.replayed))),
            .init("integrity_failures", .integer(Int64(record.integrityFailures))),
        ])
    }

    static func lifetime(_ lifetime: Lifetime) -> JSONValue {
        func seconds(_ duration: Duration?) -> JSONValue {
            duration.map { .integer($0.components.seconds) } ?? .null
        }
        return .object([
            .init("soft_seconds", seconds(lifetime.softTime)),
            .init("hard_seconds", seconds(lifetime.hardTime)),
            .init("soft_use_seconds", seconds(lifetime.softUseTime)),
            .init("hard_use_seconds", seconds(lifetime.hardUseTime)),
            .init("soft_bytes", lifetime.softBytes.map(JSONValue.count) ?? .null),
            .init("hard_bytes", lifetime.hardBytes.map(JSONValue.count) ?? .null),
            .init("soft_packets", lifetime.softPackets.map(JSONValue.count) ?? .null),
            .init("hard_packets", lifetime.hardPackets.map(JSONValue.count) ?? .null),
        ])
    }

    static func usage(_ usage: EntryUsage) -> JSONValue {
        func moment(_ seconds: UInt64) -> JSONValue {
            guard seconds != 0, let seconds = Int64(exactly: seconds) else { return .null }
            return .string(Timestamp(seconds: seconds).description)
        }
        return .object([
            .init("bytes", .count(usage.traffic.bytes)),
            .init("packets", .count(usage.traffic.packets)),
            .init("added", moment(usage.added)),
            .init("first_used", moment(usage.firstUsed)),
            .init("last_used", moment(usage.lastUsed)),
        ])
    }

    private static func options(_ entry: SADEntry) -> [JSONValue.Member] {
        let options = entry.options
        return [
            .init("mark", .text(options.mark?.description)),
            .init("output_mark", .text(options.outputMark?.description)),
            .init("interface_id", .integer(Int64(options.interfaceID))),
            .init("direction", .text(options.direction.map(SetkeyWords.direction))),
            .init("flags", .array(options.flags.map(\.rawValue).sorted().map(JSONValue.string))),
            .init("tfc_padding", .integer(Int64(options.trafficFlowPadding))),
            .init("keepalive_seconds", .integer(Int64(options.keepaliveInterval))),
            .init("mapping_threshold_seconds", .integer(Int64(options.mappingThreshold))),
            .init("processor", options.processor.map { .integer(Int64($0)) } ?? .null),
            .init("offload", PolicyJSON.offload(options.offload)),
            .init("interface", .integer(Int64(options.interface))),
            .init("replay_threshold", number(options.replayThreshold)),
            .init("timer_threshold", number(options.timerThreshold)),
            .init("aggregation", aggregation(options.aggregation)),
            .init("care_of_address", .text(options.careOfAddress.map { "\($0)" })),
            .init("security_context", PolicyJSON.securityContext(options.securityContext)),
            .init("foreign_attributes", PolicyJSON.foreign(options.foreign)),
        ]
    }

    private static func number(_ value: UInt32?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }

    private static func aggregation(_ aggregation: Aggregation?) -> JSONValue {
        guard let aggregation else { return .null }
        return .object([
            .init("drop_time", number(aggregation.dropTime)),
            .init("reorder_window", number(aggregation.reorderWindow.map(UInt32.init))),
            .init("never_fragments", .bool(aggregation.neverFragments)),
            .init("initial_delay", number(aggregation.initialDelay)),
            .init("maximum_queue", number(aggregation.maximumQueue)),
            .init("packet_size", number(aggregation.packetSize)),
        ])
    }
}

/// Octets as hexadecimal digits.
enum Hexadecimal {
    static func text(_ octets: Span<UInt8>) -> String {
        var text = ""
        for index in octets.indices {
            let digits = String(octets[index], radix: 16)
            text += digits.utf8.count == 1 ? "0" + digits : digits
        }
        return text
    }
}
