import IPsec
import SourceText

/// What `-o` may say of an SA, beside the switches of `SAFlag`.
enum AssociationOption: String, CaseIterable {
    case mark
    case outputMark = "output-mark"
    case interfaceID = "if_id"
    case direction = "dir"
    case esn
    case offload
    case trafficFlowPadding = "tfcpad"
    case keepaliveInterval = "nat-keepalive"
    case mappingThreshold = "mapping-threshold"
    case processor = "cpu"
    case careOfAddress = "coa"
    case encapsulation = "encap"
    case selector = "sel"
    case icv
    case acquireSequence = "acquire"
    case outboundSequence = "oseq"
    case inboundSequence = "iseq"
    case hardPackets = "hard-packets"
    case softPackets = "soft-packets"
    case attribute

    static let words = allCases.map(\.rawValue) + SAFlag.allCases.map(\.rawValue)
}

extension TokenStream {
    /// Takes what follows `-o` in a statement about an SA.
    mutating func takeAssociationOption(of statement: inout AssociationStatement) throws(Diagnostic) {
        let word = try takeOptionWord()
        if let flag = SAFlag(rawValue: word.name) {
            try word.refuseValue()
            statement.extensions.options.flags.insert(flag)
            return
        }
        guard let option = AssociationOption(rawValue: word.name) else {
            throw word.location.error(
                "unknown option '\(SourceFile.printable(word.name.prefix(40).utf8))'"
                    + Suggestion.hint(for: word.name, among: AssociationOption.words))
        }
        switch option {
        case .esn, .outboundSequence, .inboundSequence, .hardPackets, .softPackets, .acquireSequence:
            try Self.setCounter(option, word, &statement.extensions)
        case .offload: statement.extensions.offload = try word.offload()
        case .selector: statement.extensions.selector = try word.selector()
        case .encapsulation: statement.extensions.encapsulation = try Self.encapsulation(word)
        case .icv:
            statement.algorithms.icvBits = Int(truncatingIfNeeded: try word.number(0...512))
            statement.algorithms.icvLocation = word.location
        case .mark, .outputMark, .interfaceID, .direction, .trafficFlowPadding, .keepaliveInterval,
            .mappingThreshold, .processor, .careOfAddress, .attribute:
            try Self.setOption(option, word, &statement.extensions.options)
        }
    }

    private static func setOption(
        _ option: AssociationOption, _ word: OptionWord, _ options: inout SAOptions
    ) throws(Diagnostic) {
        switch option {
        case .mark: options.mark = try word.mark()
        case .outputMark: options.outputMark = try word.mark()
        case .interfaceID: options.interfaceID = try word.number32()
        case .direction: options.direction = try word.direction()
        case .trafficFlowPadding: options.trafficFlowPadding = try word.number32()
        case .keepaliveInterval: options.keepaliveInterval = try word.number32()
        case .mappingThreshold: options.mappingThreshold = try word.number32()
        case .processor: options.processor = try word.number32()
        case .careOfAddress:
            guard let address = IPAddress(try word.required("ADDRESS")) else { throw word.wrong("ADDRESS") }
            options.careOfAddress = address
        case .attribute: options.foreign.append(try word.attribute())
        case .esn, .offload, .encapsulation, .selector, .icv, .acquireSequence, .outboundSequence,
            .inboundSequence, .hardPackets, .softPackets:
            return
        }
    }

    private static func setCounter(
        _ option: AssociationOption, _ word: OptionWord, _ extensions: inout AssociationExtensions
    ) throws(Diagnostic) {
        if option == .esn {
            try word.refuseValue()
            extensions.replay.usesExtendedSequenceNumbers = true
            return
        }
        if option == .acquireSequence {
            extensions.acquireSequence = try word.number32()
            return
        }
        let number = try word.number(0...UInt64.max)
        if option == .outboundSequence { extensions.replay.outboundSequence = number }
        if option == .inboundSequence { extensions.replay.inboundSequence = number }
        if option == .hardPackets { extensions.lifetime.hardPackets = number == 0 ? nil : number }
        if option == .softPackets { extensions.lifetime.softPackets = number == 0 ? nil : number }
    }

    /// `udp`, `udp-nonike`, `tcp` or a number that the kernel knows.
    private static func encapsulation(_ word: OptionWord) throws(Diagnostic) -> SADEntry.Encapsulation.Kind {
        switch try word.required("udp") {
        case "udp": return .udp
        case "udp-nonike": return .udpNonIKE
        case "tcp": return .tcp
        case let text:
            guard let number = Number.parse(text).flatMap({ UInt16(exactly: $0) }) else {
                throw word.wrong("udp, udp-nonike, tcp or a number")
            }
            return .foreign(number)
        }
    }
}
