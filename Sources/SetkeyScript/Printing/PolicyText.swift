import IPsec

extension StatementText {
    /// All that stands behind `spdadd`.
    mutating func append(_ policy: PolicyStatement) {
        append(policy.subject)
        append("-P", policy.direction.word)
        append(Self.priority(policy.priority))
        switch policy.action {
        case .discard: append("discard")
        case .bypass: append("none")
        case .protect(let requests):
            append("ipsec")
            for request in requests { append(request.text) }
        }
    }

    /// All that stands before `-P`.
    mutating func append(_ subject: PolicySubject) {
        append(subject.names.text)
        switch subject.traffic {
        case .tagged(let tag, _): append("tagged", Self.quoted(tag))
        case .ranges(let source, let destination, let upper):
            append(source.text)
            append(destination.text)
            append(upper.text)
        }
        append(subject.options)
    }

    private mutating func append(_ options: PolicyOptions) {
        if let context = options.securityContext { append(context) }
        if let mark = options.mark { appendOption("mark", "\(mark)") }
        if options.interfaceID != 0 { appendOption("if_id", "\(options.interfaceID)") }
        if let interface = options.interface { appendOption("dev", interface) }
        if let time = options.lifetime.hardTime { appendOption("hard-time", "\(time.components.seconds)") }
        if let time = options.lifetime.softTime { appendOption("soft-time", "\(time.components.seconds)") }
        if options.requestIDs == .asStated { appendOption("any-reqid") }
        for flag in SPDFlag.allCases where options.flags.contains(flag) { appendOption(flag.rawValue) }
        if let offload = options.offload { append(offload) }
        for attribute in options.foreign { append(attribute) }
    }

    /// `prio high + 5`, from the nearest of the three places, and nothing for the default.
    private static func priority(_ wire: UInt32) -> String {
        guard wire != SecurityPolicy.defaultPriority else { return "" }
        let base: PriorityBase = wire < 0x6000_0000 ? .high : wire < 0xa000_0000 ? .def : .low
        if wire == base.wire { return "prio \(base.rawValue)" }
        return wire < base.wire
            ? "prio \(base.rawValue) + \(base.wire - wire)" : "prio \(base.rawValue) - \(wire - base.wire)"
    }
}

extension UpperLayer {
    /// Words for the protocols that one meets; the others are numbers.
    private static let words: [UInt8: String] = [
        0: "any", 1: "icmp", 4: "ip4", 6: "tcp", 17: "udp", 47: "gre", 58: "icmp6",
    ]

    /// `icmp 8,0`.
    var text: String {
        let word =
            switch form {
            case .number(let number): Self.words[number] ?? "\(number)"
            case .name(let name): name
            }
        switch detail {
        case nil: return word
        case .type(let type, let code): return "\(word) \(type),\(code)"
        case .key(let key): return "\(word) \(key)"
        }
    }
}

extension PolicyRequest {
    /// `esp/tunnel/192.0.2.1-192.0.2.2/require`.
    var text: String {
        var ends = ""
        if let source, let destination { ends = "\(source)-\(destination)" }
        return "\(`protocol`)/\(mode.rawValue)/\(ends)/\(level.text)"
    }
}

extension PolicyRequest.Level {
    fileprivate var text: String {
        switch self {
        case .use: "use"
        case .require: "require"
        case .unique(requestID: 0): "unique"
        case .unique(let requestID): "unique:\(requestID)"
        }
    }
}
