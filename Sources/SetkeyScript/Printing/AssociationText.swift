import Algorithms
import IPsec
import KeyMaterial

extension StatementText {
    /// All that stands behind `add` and its like.
    mutating func append(_ statement: AssociationStatement) {
        append(statement.names.text)
        append(statement.source.text)
        append(statement.destination.text)
        append(statement.protocol.rawValue)
        append(statement.originalAddress?.text ?? "")
        append("0x" + String(statement.spi, radix: 16))
        append(statement.extensions)
        append(statement.algorithms)
    }

    mutating func append(_ extensions: AssociationExtensions) {
        if let mode = extensions.mode { append("-m", mode.rawValue) }
        if extensions.requestID != 0 { append("-u", extensions.requestID) }
        if extensions.replay.window != 0 { append("-r", extensions.replay.window) }
        append(extensions.lifetime)
        if let padding = extensions.padding { append("-f", padding.rawValue) }
        if extensions.refusesCyclicSequence { append("-f", "nocyclic-seq") }
        if let size = extensions.fragmentSize { append("-esp_frag", size) }
        if let context = extensions.options.securityContext { append(context) }
        appendCounters(of: extensions)
        append(extensions.options)
        if let selector = extensions.selector { append(selector) }
        if let kind = extensions.encapsulation { appendOption("encap", kind.word) }
        if let offload = extensions.offload { append(offload) }
    }

    private mutating func append(_ lifetime: Lifetime) {
        if let time = lifetime.hardTime { append("-lh", time.components.seconds) }
        if let time = lifetime.softTime { append("-ls", time.components.seconds) }
        if let octets = lifetime.hardBytes { append("-bh", octets) }
        if let octets = lifetime.softBytes { append("-bs", octets) }
        if let packets = lifetime.hardPackets { appendOption("hard-packets", "\(packets)") }
        if let packets = lifetime.softPackets { appendOption("soft-packets", "\(packets)") }
    }

    mutating func append(_ context: SecurityContext) {
        append("-ctx", "\(context.domain) \(context.algorithm) \(Self.quoted(context.text))")
    }

    private mutating func appendCounters(of extensions: AssociationExtensions) {
        let replay = extensions.replay
        if replay.usesExtendedSequenceNumbers { appendOption("esn") }
        if replay.outboundSequence != 0 { appendOption("oseq", "\(replay.outboundSequence)") }
        if replay.inboundSequence != 0 { appendOption("iseq", "\(replay.inboundSequence)") }
        if extensions.acquireSequence != 0 { appendOption("acquire", "\(extensions.acquireSequence)") }
    }

    private mutating func append(_ options: SAOptions) {
        if let mark = options.mark { appendOption("mark", "\(mark)") }
        if let mark = options.outputMark { appendOption("output-mark", "\(mark)") }
        if let direction = options.direction { appendOption("dir", direction.word) }
        let numbers: [(AssociationOption, UInt32)] = [
            (.interfaceID, options.interfaceID), (.trafficFlowPadding, options.trafficFlowPadding),
            (.keepaliveInterval, options.keepaliveInterval), (.mappingThreshold, options.mappingThreshold),
        ]
        for (option, number) in numbers where number != 0 { appendOption(option.rawValue, "\(number)") }
        if let processor = options.processor { appendOption("cpu", "\(processor)") }
        if let address = options.careOfAddress { appendOption("coa", "\(address)") }
        for flag in SAFlag.allCases where options.flags.contains(flag) { appendOption(flag.rawValue) }
        for attribute in options.foreign { append(attribute) }
    }

    private mutating func append(_ selector: Selector) {
        let parts = [
            "\(selector.source)", "\(selector.destination)", "\(selector.upperProtocol)",
            "\(selector.sourcePort)", "\(selector.destinationPort)",
        ]
        appendOption("sel", parts.joined(separator: ","))
    }

    mutating func append(_ offload: OffloadReference) {
        let extent = offload.extent == .crypto ? "crypto" : "packet"
        appendOption("offload", "\(extent):\(offload.interface):\(offload.direction.word)")
    }

    mutating func append(_ attribute: ForeignAttribute) {
        appendOption("attribute", "\(attribute.number):\(HexadecimalText.of(attribute.octets.span))")
    }

    private mutating func append(_ algorithms: StatedAlgorithms) {
        if let cipher = algorithms.encryption {
            append("-E", Self.name(cipher.algorithm, cipher.word))
            append(cipher.key)
        }
        if let integrity = algorithms.integrity {
            append("-A", integrity.algorithm.map { Self.name($0, integrity.word) } ?? integrity.word)
            append(integrity.key)
        }
        if let compression = algorithms.compression {
            append("-C", Self.name(compression.algorithm, compression.word))
            if compression.usesRawCPI { append("-R") }
        }
        if let bits = algorithms.icvBits { appendOption("icv", "\(bits)") }
    }

    private mutating func append(_ key: SecretKey) {
        guard key.count > 0 else { return }
        append("0x" + key.withSpan { HexadecimalText.of($0) })
    }

    private static func name<Entry>(_ algorithm: AlgorithmReference<Entry>, _ word: String) -> String {
        switch algorithm {
        case .known: word
        case .foreign: quoted(word)
        }
    }
}

/// Octets as pairs of hexadecimal digits.
enum HexadecimalText {
    static func of(_ octets: Span<UInt8>) -> String {
        var characters: [UInt8] = []
        characters.reserveCapacity(octets.count * 2)
        for index in octets.indices {
            characters.append(digit(octets[index] >> 4))
            characters.append(digit(octets[index] & 15))
        }
        return String(decoding: characters, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension Direction {
    /// The word of `-o`.
    var word: String {
        switch self {
        case .inbound: "in"
        case .outbound: "out"
        }
    }
}

extension SADEntry.Encapsulation.Kind {
    /// The word of `-o encap`.
    var word: String {
        switch self {
        case .udp: "udp"
        case .udpNonIKE: "udp-nonike"
        case .tcp: "tcp"
        case .foreign(let number): "\(number)"
        }
    }
}
