import Algorithms
import IPsec

/// Whether PF_KEY has words for all of an entry: nothing is left out in silence.
enum Sayable {
    static func check(_ entry: SADEntry) throws(SADBError) {
        try check(entry.transform)
        try check(entry.options)
        if entry.mode == .iptfs { throw .unsayable("the mode IPTFS") }
        if entry.initialUsage != nil { throw .unsayable("what an SA has used before it is added") }
        try check(entry.replay)
        if let selector = entry.selector, !isSourceAlone(selector) {
            throw .unsayable("the selector \(selector) of an SA, beyond its source")
        }
    }

    private static func check(_ replay: SADEntry.ReplayProtection) throws(SADBError) {
        if replay.usesExtendedSequenceNumbers { throw .unsayable("extended sequence numbers") }
        if replay.window > 255 { throw .unsayable("a replay window of \(replay.window) packets") }
        if replay.outboundSequence != 0 || replay.inboundSequence != 0 || !replay.bitmap.isEmpty {
            throw .unsayable("sequence numbers to start with")
        }
    }

    static func check(_ entry: SPDEntry) throws(SADBError) {
        try check(entry.key)
        for template in entry.policy.templates { try check(template) }
        if entry.wantedIndex != 0 { throw .unsayable("the number that a policy is to have") }
        if let flag = entry.flags.first { throw .unsayable("the flag \(flag.rawValue) of a policy") }
        if entry.offload != nil { throw .unsayable("hardware offload") }
        if let foreign = entry.foreign.first { throw .unsayable("attribute \(foreign.number)") }
    }

    static func check(_ key: SPDKey) throws(SADBError) {
        if key.id.selector.sourcePortMask != nil || key.id.selector.destinationPortMask != nil {
            throw .unsayable("a port with a mask")
        }
        if key.table != .main { throw .unsayable("the table of policies for Mobile IPv6") }
        if key.mark != nil { throw .unsayable("a mark") }
        if key.interfaceID != 0 { throw .unsayable("an interface ID") }
        if key.interface != 0 { throw .unsayable("a network interface") }
    }

    private static func check(_ template: PolicyTemplate) throws(SADBError) {
        if template.mode == .iptfs { throw .unsayable("the mode IPTFS") }
        if template.spi.value != 0 { throw .unsayable("the SPI that a policy asks for") }
        if template.optionalRequestID != 0 { throw .unsayable("a request ID at the level use") }
        if template.algorithms != PolicyTemplate.AlgorithmMasks() {
            throw .unsayable("the algorithms that a policy allows")
        }
    }

    private static func check(_ transform: SATransform) throws(SADBError) {
        switch transform {
        case .none: break
        case .esp(let cipher, let integrity):
            if AlgorithmNumbers.number(of: cipher) == nil { throw .unsayable("\(cipher.algorithm)") }
            if let integrity { try check(integrity) }
        case .ah(let integrity): try check(integrity)
        case .ipcomp(let compression):
            if AlgorithmNumbers.number(of: compression) == nil { throw .unsayable("\(compression)") }
        }
    }

    private static func check(_ integrity: KeyedIntegrity) throws(SADBError) {
        guard let number = AlgorithmNumbers.number(of: integrity),
            AlgorithmNumbers.integrity(number, .own).map(AlgorithmReference.known) == integrity.algorithm
        else { throw .unsayable("\(integrity.algorithm)") }
        guard case .known(let known) = integrity.algorithm, known.icvSize * 8 == integrity.icvBits else {
            throw .unsayable("\(integrity.algorithm) truncated to \(integrity.icvBits) bits")
        }
    }

    private static func check(_ options: SAOptions) throws(SADBError) {
        let kept = Set(SADBFlags.known.map(\.flag))
        if let flag = options.flags.first(where: { !kept.contains($0) }) {
            throw .unsayable("the flag \(flag.rawValue) of an SA")
        }
        let absent: [(isSet: Bool, name: String)] = [
            (options.mark != nil, "a mark"), (options.outputMark != nil, "an output mark"),
            (options.interfaceID != 0, "an interface ID"), (options.interface != 0, "a network interface"),
            (options.replayThreshold != nil, "a threshold of reports"),
            (options.timerThreshold != nil, "a threshold of reports"),
            (options.aggregation != nil, "aggregation"), (options.direction != nil, "a direction"),
            (options.trafficFlowPadding != 0, "traffic flow padding"),
            (options.keepaliveInterval != 0, "a keepalive interval"),
            (options.mappingThreshold != 0, "a mapping threshold"),
            (options.processor != nil, "a processor"), (options.offload != nil, "hardware offload"),
            (options.careOfAddress != nil, "a care-of address"),
            (!options.foreign.isEmpty, "attributes of the kernel's"),
        ]
        if let first = absent.first(where: \.isSet) { throw .unsayable(first.name) }
    }

    private static func isSourceAlone(_ selector: Selector) -> Bool {
        selector == Selector(source: selector.source, destination: .any(selector.source.family))
    }
}
