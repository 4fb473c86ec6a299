import Algorithms
import IPsec

/// What an entry has that setkey has no words for, as `name=value` words; empty for most entries.
enum ExtensionWords {
    static func of(_ entry: SADEntry) -> [String] {
        let options = entry.options
        var words: [String] = []
        if entry.replay.usesExtendedSequenceNumbers { words.append("esn") }
        if let icv = icv(entry.transform) { words.append("icv=\(icv)") }
        if let mark = options.mark { words.append("mark=\(mark)") }
        if let mark = options.outputMark { words.append("output-mark=\(mark)") }
        words += number("if_id", options.interfaceID)
        if let direction = options.direction { words.append("dir=\(SetkeyWords.direction(direction))") }
        words += options.flags.map(\.rawValue).sorted()
        words += number("tfcpad", options.trafficFlowPadding)
        words += number("nat-keepalive", options.keepaliveInterval)
        words += number("mapping-threshold", options.mappingThreshold)
        if let processor = options.processor { words.append("cpu=\(processor)") }
        if let offload = options.offload { words.append(self.offload(offload)) }
        if let address = options.careOfAddress { words.append("coa=\(address)") }
        words += number("dev", options.interface)
        words += number("replay-threshold", options.replayThreshold ?? 0)
        words += number("timer-threshold", options.timerThreshold ?? 0)
        if let aggregation = options.aggregation { words += self.aggregation(aggregation) }
        if let selector = entry.selector { words.append("selector=\(compact(selector))") }
        if case .tcp = entry.encapsulation?.kind { words.append("encap=tcp") }
        words += options.foreign.map { "attribute-\($0.number)=\($0.octets.count)B" }
        return words
    }

    static func of(_ entry: SPDEntry) -> [String] {
        var words: [String] = []
        if let mark = entry.mark { words.append("mark=\(mark)") }
        words += number("if_id", entry.interfaceID)
        words += number("dev", entry.interface)
        if entry.table == .sub { words.append("table=sub") }
        words += portMasks(entry.policy.selector)
        words += entry.flags.map(\.rawValue).sorted()
        if let offload = entry.offload { words.append(self.offload(offload)) }
        words += entry.foreign.map { "attribute-\($0.number)=\($0.octets.count)B" }
        return words
    }

    /// A selector without blanks.
    private static func compact(_ selector: Selector) -> String {
        "\(selector)".replacing(" -> ", with: ">").replacing(" proto ", with: "/")
    }

    private static func portMasks(_ selector: Selector) -> [String] {
        [("sport-mask", selector.sourcePortMask), ("dport-mask", selector.destinationPortMask)]
            .compactMap { name, mask in mask.map { "\(name)=0x\(String($0, radix: 16))" } }
    }

    private static func aggregation(_ aggregation: Aggregation) -> [String] {
        let numbers = [
            ("drop-time", aggregation.dropTime),
            ("reorder-window", aggregation.reorderWindow.map(UInt32.init)),
            ("init-delay", aggregation.initialDelay), ("max-queue-size", aggregation.maximumQueue),
            ("pkt-size", aggregation.packetSize),
        ]
        return numbers.compactMap { name, value in value.map { "\(name)=\($0)" } }
            + (aggregation.neverFragments ? ["dont-frag"] : [])
    }

    private static func number(_ name: String, _ value: UInt32) -> [String] {
        value == 0 ? [] : ["\(name)=\(value)"]
    }

    private static func offload(_ offload: HardwareOffload) -> String {
        let extent =
            switch offload.extent {
            case .crypto: "crypto"
            case .packet: "packet"
            }
        return "offload=\(extent),\(SetkeyWords.direction(offload.direction)),\(offload.interface)"
    }

    /// The ICV in bits where it is not what the algorithm's name says.
    private static func icv(_ transform: SATransform) -> Int? {
        let integrity: KeyedIntegrity? =
            switch transform {
            case .esp(_, let integrity): integrity
            case .ah(let integrity): integrity
            case .none, .ipcomp: nil
            }
        guard let integrity, case .known(let algorithm) = integrity.algorithm,
            integrity.icvBits != algorithm.icvSize * 8
        else { return nil }
        return integrity.icvBits
    }
}
