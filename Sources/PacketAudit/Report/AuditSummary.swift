package import ControlProtocol
internal import IPsec
internal import SADText
internal import SourceText

/// What a capture came to, once all of it has been looked at.
package struct AuditSummary {
    private let associations: [AuditedAssociation]
    private let totals: AuditTotals

    package init(_ audit: PacketAudit) {
        associations = audit.associations
        totals = audit.totals
    }

    /// Whether a receiver takes every packet of known SAs, and there was any if any was protected.
    package var isGood: Bool {
        guard totals.malformed == 0, associations.allSatisfy({ $0.counts.failures == 0 }) else {
            return false
        }
        let verified = associations.reduce(0) { $0 + $1.counts.good }
        return verified > 0 || protectedCount == 0
    }

    /// Packets that had to be opened.
    private var protectedCount: UInt64 {
        let known = associations.reduce(0) { $0 + $1.counts.packets }
        return known + totals.strangers.reduce(0) { $0 + $1.packets } + totals.furtherStrangers
    }

    /// A line for each SA, each unknown SPI, and the rest.
    package var lines: [String] {
        associations.map(\.summaryLine) + totals.strangers.map(\.summaryLine) + closing
    }

    private var closing: [String] {
        let counts: [(UInt64, String)] = [
            (totals.furtherStrangers, "of further unknown SPIs"), (totals.plain, "in clear"),
            (totals.keepalives, "NAT keepalives"), (totals.ike, "IKE in the ESP port"),
            (totals.fragments, "fragments of protected packets"), (totals.cut, "cut by the snap length"),
            (totals.malformed, "malformed"), (totals.notIP, "not IP"),
            (totals.unreadable, "of a link type that is not read, \(totals.unreadableLinkType ?? "")"),
        ]
        let told = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let rest = told.isEmpty ? "" : ": " + told.joined(separator: ", ")
        return ["\(totals.packets) packets\(rest)"]
    }

    /// The same as objects.
    package var json: [JSONValue] {
        associations.map(\.summaryJSON) + totals.strangers.map(\.summaryJSON) + [totals.json]
    }
}

extension AuditedAssociation {
    fileprivate var summaryLine: String {
        let id = stated.entry.id
        let name = "\(id.protocol.name) \(id.spi) to \(id.destination) (\(stated.location.origin))"
        guard counts.packets > 0 else { return "\(name): no packets" }
        var parts = ["\(counts.packets) packets", "\(counts.octets) octets", "\(counts.good) good"]
        let faults: [(UInt64, String)] = [
            (counts.bad, "bad"), (counts.refused, "refused"), (counts.replayed, "replayed"),
            (counts.tooOld, "too old"), (counts.dummies, "dummies"), (counts.identical, "resealed identical"),
            (counts.different, "resealed otherwise"),
        ]
        parts += faults.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        if let lowest = counts.lowestSequence {
            parts.append("sequence \(lowest) to \(counts.highestSequence)")
            parts.append("\(counts.missing) missing")
        }
        return "\(name): \(parts.joined(separator: ", "))"
    }

    fileprivate var summaryJSON: JSONValue {
        let id = stated.entry.id
        return .object([
            .init("type", .string("sa")), .init("protocol", .string(id.protocol.name.lowercased())),
            .init("spi", .string("\(id.spi)")), .init("destination", .string("\(id.destination)")),
            .init("origin", .string(stated.location.origin)), .init("packets", .count(counts.packets)),
            .init("octets", .count(counts.octets)), .init("good", .count(counts.good)),
            .init("bad", .count(counts.bad)), .init("refused", .count(counts.refused)),
            .init("replayed", .count(counts.replayed)), .init("too_old", .count(counts.tooOld)),
            .init("dummies", .count(counts.dummies)),
            .init("resealed_identical", .count(counts.identical)),
            .init("resealed_different", .count(counts.different)),
            .init("lowest_sequence", counts.lowestSequence.map { .count($0) } ?? .null),
            .init("highest_sequence", .count(counts.highestSequence)),
            .init("missing", .count(counts.missing)),
        ])
    }
}

extension AuditTotals.Stranger {
    fileprivate var summaryLine: String {
        "\(`protocol`.name) \(spi) to \(destination): no SA, \(packets) packets, \(octets) octets"
    }

    fileprivate var summaryJSON: JSONValue {
        .object([
            .init("type", .string("unknown_spi")), .init("protocol", .string(`protocol`.name.lowercased())),
            .init("spi", .string("\(spi)")), .init("destination", .string("\(destination)")),
            .init("packets", .count(packets)), .init("octets", .count(octets)),
        ])
    }
}

extension AuditTotals {
    fileprivate var json: JSONValue {
        .object([
            .init("type", .string("totals")), .init("packets", .count(packets)),
            .init("clear", .count(plain)), .init("keepalives", .count(keepalives)), .init("ike", .count(ike)),
            .init("fragments", .count(fragments)), .init("cut", .count(cut)),
            .init("malformed", .count(malformed)), .init("not_ip", .count(notIP)),
            .init("unread_link_types", .count(unreadable)),
            .init("further_unknown", .count(furtherStrangers)),
        ])
    }
}
