package import ControlProtocol
internal import ESP
internal import IPsec

/// A finding as an object on a line, with names that stay.
extension Finding {
    package var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", .string(type)), .init("record", .count(record)),
            .init("time", .text(time?.text)), .init("depth", .integer(Int64(depth))),
            .init("source", .string("\(source)")), .init("destination", .string("\(destination)")),
        ]
        if let ports {
            members.append(.init("source_port", .integer(Int64(ports.source))))
            members.append(.init("destination_port", .integer(Int64(ports.destination))))
        }
        switch what {
        case .sealed(let finding): members += finding.members
        case .cut(let missing): members.append(.init("missing_octets", .integer(Int64(missing))))
        case .malformed(let reason): members.append(.init("reason", .string(reason.counterName)))
        case .keepalive, .ike, .fragment: break
        }
        return .object(members)
    }

    private var type: String {
        switch what {
        case .sealed: "packet"
        case .keepalive: "keepalive"
        case .ike: "ike"
        case .fragment: "fragment"
        case .cut: "cut"
        case .malformed: "malformed"
        }
    }
}

extension SealedFinding {
    var members: [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init("protocol", .string(`protocol`.name.lowercased())), .init("spi", .string("\(spi)")),
            .init("sequence", sequence.map { .count($0) } ?? .null), .init("icv", .string(verdictName)),
            .init("replay", .text(replay?.rawValue)), .init("missing_before", .count(gap)),
        ]
        if let reason { members.append(.init("reason", .string(reason))) }
        if let inside { members.append(.init("inside", inside.json)) }
        switch resealing {
        case nil: break
        case .identical: members.append(.init("resealed", .string("identical")))
        case .differs(let offset):
            members.append(.init("resealed", .string("differs")))
            members.append(.init("differs_at", .integer(Int64(offset))))
        }
        if let advice { members.append(.init("advice", .string(advice))) }
        return members
    }

    private var verdictName: String {
        switch verdict {
        case .good: "good"
        case .bad: "bad"
        case .unchecked: "none"
        case .unknown: "no_sa"
        case .unusable: "unusable_sa"
        case .refused: "refused"
        }
    }

    private var reason: String? {
        switch verdict {
        case .good, .bad, .unchecked: nil
        case .unknown(let near): near
        case .unusable(let reason): reason
        case .refused(let reason): reason.counterName
        }
    }
}

extension SealedFinding.Inside {
    var json: JSONValue {
        switch self {
        case .dummy: .object([.init("dummy", .bool(true))])
        case .refused(let reason): .object([.init("refused", .string(reason.counterName))])
        case .packet(let flow, let count): .object(Self.members(flow, count))
        }
    }

    private static func members(_ flow: PacketFlow, _ count: Int) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init("source", .string("\(flow.source)")), .init("destination", .string("\(flow.destination)")),
            .init("protocol", .integer(Int64(flow.upperProtocol))), .init("octets", .integer(Int64(count))),
        ]
        guard let ports = flow.ports else { return members }
        let isControl = PacketFlow.isControl(flow.upperProtocol)
        members.append(.init(isControl ? "icmp_type" : "source_port", .integer(Int64(ports.source))))
        members.append(
            .init(isControl ? "icmp_code" : "destination_port", .integer(Int64(ports.destination))))
        return members
    }
}
