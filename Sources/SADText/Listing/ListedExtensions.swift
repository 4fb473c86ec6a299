import IPsec
import SourceText

/// The words by which swiftkey's listings tell what setkey's have no place for.
extension ListedAssociation {
    /// Takes `name=value` or `name`; false for an unknown word.
    mutating func takeExtension(
        _ name: String, _ value: String, at place: SourceLocation
    ) throws(Diagnostic) -> Bool {
        switch name {
        case "esn": replay.usesExtendedSequenceNumbers = true
        case "icv": icvBits = try number(value, at: place)
        case "selector": selector = try ListedSelector.parse(value, at: place)
        case "encap": isInTCP = value == "tcp"
        case "mark": options.mark = try mark(value, at: place)
        case "output-mark": options.outputMark = try mark(value, at: place)
        case "dir": options.direction = value == "in" ? .inbound : .outbound
        case "coa": options.careOfAddress = IPAddress(value)
        default:
            guard let flag = SAFlag(rawValue: name) else { return try takeNumber(name, value, at: place) }
            options.flags.insert(flag)
        }
        return true
    }

    private mutating func takeNumber(
        _ name: String, _ value: String, at place: SourceLocation
    ) throws(Diagnostic) -> Bool {
        switch name {
        case "if_id": options.interfaceID = try number(value, at: place)
        case "tfcpad": options.trafficFlowPadding = try number(value, at: place)
        case "nat-keepalive": options.keepaliveInterval = try number(value, at: place)
        case "mapping-threshold": options.mappingThreshold = try number(value, at: place)
        case "cpu": options.processor = try number(value, at: place)
        case "dev": options.interface = try number(value, at: place)
        case "replay-threshold": options.replayThreshold = try number(value, at: place)
        case "timer-threshold": options.timerThreshold = try number(value, at: place)
        // How packets are aggregated and by which device they are sealed does not show in one of them.
        case "drop-time", "reorder-window", "init-delay", "max-queue-size", "pkt-size", "dont-frag",
            "offload":
            return true
        default: return name.hasPrefix("attribute-")
        }
        return true
    }

    /// A number, without what setkey repeats of it in brackets.
    func number<Number: FixedWidthInteger>(_ text: String, at place: SourceLocation) throws(Diagnostic)
        -> Number
    {
        guard let number: Number = NumberText.parse(text.prefix { $0 != "(" }) else {
            throw place.error("expected a number")
        }
        return number
    }

    private func mark(_ text: String, at place: SourceLocation) throws(Diagnostic) -> Mark {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        guard let first = parts.first else { throw place.error("expected a mark") }
        return Mark(
            value: try number(first, at: place),
            mask: parts.count == 2 ? try number(parts[1], at: place) : .max)
    }
}

/// A selector without blanks: `10.1.0.0/24[80]>10.2.0.0/24/6`.
enum ListedSelector {
    static func parse(_ text: String, at place: SourceLocation) throws(Diagnostic) -> Selector {
        let ends = text.split(separator: ">", maxSplits: 1)
        guard ends.count == 2, let source = End(ends[0]), let destination = End(ends[1]),
            source.prefix.family == destination.prefix.family
        else { throw place.error("expected a selector, such as 10.1.0.0/24>10.2.0.0/24") }
        return Selector(
            source: source.prefix, destination: destination.prefix,
            upperProtocol: destination.upperProtocol, sourcePort: source.port,
            destinationPort: destination.port, sourcePortMask: source.portMask,
            destinationPortMask: destination.portMask)
    }

    /// A network, a port in brackets where there is one, and a protocol's number.
    private struct End {
        var prefix: IPPrefix
        var port: UInt16 = 0
        var portMask: UInt16?
        var upperProtocol: UInt8 = 0

        init?(_ text: Substring) {
            let bracket = text.firstIndex(of: "[") ?? text.endIndex
            var parts = text[..<bracket].split(separator: "/", omittingEmptySubsequences: false)
            var rest = text[bracket...]
            if rest.isEmpty, parts.count == 3, let last = parts.popLast() { rest = "/" + last }
            guard let prefix = IPPrefix(parts.joined(separator: "/")) else { return nil }
            self.prefix = prefix
            if let close = rest.firstIndex(of: "]") {
                guard takePort(rest[..<close].dropFirst()) else { return nil }
                rest = rest[close...].dropFirst()
            }
            guard rest.isEmpty || rest.first == "/" else { return nil }
            upperProtocol = rest.isEmpty ? 0 : UInt8(rest.dropFirst()) ?? 0
        }

        private mutating func takePort(_ text: Substring) -> Bool {
            let parts = text.split(separator: "/", maxSplits: 1)
            guard let first = parts.first, let port = UInt16(first) else { return false }
            self.port = port
            guard parts.count == 2 else { return true }
            portMask = NumberText.parse(parts[1])
            return portMask != nil
        }
    }
}
