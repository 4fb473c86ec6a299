import IPsec
import SourceText

/// What `-o` may say of a policy, beside the switches of `SPDFlag`.
enum PolicyOption: String, CaseIterable {
    case mark
    case interfaceID = "if_id"
    case interface = "dev"
    case offload
    case hardTime = "hard-time"
    case softTime = "soft-time"
    case anyRequestID = "any-reqid"
    case attribute

    static let words = allCases.map(\.rawValue) + SPDFlag.allCases.map(\.rawValue)
}

extension TokenStream {
    /// Takes `-ctx` and `-o` where they are there, up to `-P`.
    mutating func takePolicyOptions() throws(Diagnostic) -> PolicyOptions? {
        guard !self.is(try peek(), "-P") else { return nil }
        var options = PolicyOptions()
        while true {
            if let context = try takeOptionalWord("-ctx") {
                options.contextLocation = location(context)
                options.securityContext = try takeSecurityContext()
            } else if try takeOptionalWord("-o") != nil {
                try take(try takeOptionWord(), into: &options)
            } else {
                return options
            }
        }
    }

    private func take(_ word: OptionWord, into options: inout PolicyOptions) throws(Diagnostic) {
        if let flag = SPDFlag(rawValue: word.name) {
            try word.refuseValue()
            options.flags.insert(flag)
            return
        }
        switch PolicyOption(rawValue: word.name) {
        case .mark: options.mark = try word.mark()
        case .interfaceID: options.interfaceID = try word.number32()
        case .interface:
            options.interface = try word.required("INTERFACE")
            options.interfaceLocation = word.location
        case .offload: options.offload = try word.offload()
        case .hardTime: options.lifetime.hardTime = try Self.seconds(word)
        case .softTime: options.lifetime.softTime = try Self.seconds(word)
        case .anyRequestID:
            try word.refuseValue()
            options.requestIDs = .asStated
        case .attribute: options.foreign.append(try word.attribute())
        case nil:
            throw word.location.error(
                "unknown option '\(SourceFile.printable(word.name.prefix(40).utf8))'"
                    + Suggestion.hint(for: word.name, among: PolicyOption.words))
        }
    }

    /// 0 is no limit.
    private static func seconds(_ word: OptionWord) throws(Diagnostic) -> Duration? {
        let seconds = try word.number(0...UInt64(Int64.max))
        return seconds == 0 ? nil : .seconds(Int64(truncatingIfNeeded: seconds))
    }
}
