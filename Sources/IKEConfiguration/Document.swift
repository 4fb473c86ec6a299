import Negotiation
import SetkeyScript
import SourceText

/// What has been read so far: the configuration in the making, and the blocks that refer to each other.
struct Document {
    var configuration: Configuration
    /// Of the main file; relative names start here.
    let directory: String
    /// The files being read, outermost first.
    var includeStack: [String]
    var remotes: [RemoteDraft] = []
    var sainfos: [SainfoDraft] = []
    var tunnels: [TunnelDraft] = []
    var modeConfig: ModeConfigBlock?
    /// Of the files that `include_policy` names.
    var policies = PolicyTable()

    init(path: String) {
        directory = FilePath.directory(of: path)
        configuration = Configuration(paths: ConfiguredPaths(directory: directory))
        includeStack = [path]
    }

    /// A name of a `path` statement or of a file.
    func resolved(_ name: String) -> String { FilePath.join(directory, name) }

    static let vocabulary = Vocabulary<Document>(
        place: "at the top level",
        rules: [
            "path": .init(isRepeatable: true) { (document, arguments, session) throws(Diagnostic) in
                try document.takePath(&arguments, session)
            },
            "include": .init(isRepeatable: true) { (document, arguments, session) throws(Diagnostic) in
                try document.takeInclude(&arguments, session)
            },
            "include_policy": .init(isRepeatable: true) { (document, arguments, session) throws(Diagnostic) in
                try document.takeIncludePolicy(&arguments, session)
            },
            "privsep": .init { (_, arguments, session) throws(Diagnostic) in
                try PrivsepBlock.take(&arguments, session)
            },
            "log": .init { (document, arguments, _) throws(Diagnostic) in
                let word = try arguments.takeChoice(LogLevel.allCases.map(\.rawValue))
                document.configuration.logLevel = LogLevel(rawValue: word.text) ?? .info
            },
            "pfkey_buffer": .inert { (arguments) throws(Diagnostic) in
                _ = try arguments.takeNumber(0...1_048_576, "buffer size in kB")
            },
            "complex_bundle": .inertSwitch(usually: "on"),
            "gss_id_enc": .inert(["utf-16le", "latin1"], unless: "utf-16le"),
            "timer": .init(isRepeatable: true) { (document, arguments, session) throws(Diagnostic) in
                let block = try arguments.takeBlock()
                TimerBlock.vocabulary.apply(block, to: &document.configuration.policy.timers, session)
            },
            "padding": .init { (document, arguments, session) throws(Diagnostic) in
                let block = try arguments.takeBlock()
                PaddingBlock.vocabulary.apply(block, to: &document.configuration.padding, session)
                session.notInEffect(arguments)
            },
            "listen": .init(isRepeatable: true) { (document, arguments, session) throws(Diagnostic) in
                let block = try arguments.takeBlock()
                ListenBlock.vocabulary.apply(block, to: &document.configuration.listen, session)
            },
            "half_open_limit": .init { (document, arguments, _) throws(Diagnostic) in
                document.configuration.policy.limits.halfOpen =
                    try arguments.takeNumber(1...1_000_000, "number of half-open exchanges")
            },
            "half_open_limit_per_address": .init { (document, arguments, _) throws(Diagnostic) in
                document.configuration.policy.limits.halfOpenPerAddress =
                    try arguments.takeNumber(1...1_000_000, "number of half-open exchanges")
            },
            "key_export": .init { (document, arguments, _) throws(Diagnostic) in
                document.configuration.allowsKeyExport = try arguments.takeSwitch()
            },
            "mode_cfg": .init { (document, arguments, session) throws(Diagnostic) in
                document.modeConfig = try ModeConfigBlock.take(&arguments, session)
            },
            "radiuscfg": .init { (_, arguments, session) throws(Diagnostic) in
                try RadiusBlock.take(&arguments, session)
            },
            "ldapcfg": .init { (_, arguments, session) throws(Diagnostic) in
                try LDAPBlock.take(&arguments, session)
            },
            "remote": .init(isRepeatable: true) { (document, arguments, session) throws(Diagnostic) in
                try document.takeRemote(&arguments, session)
            },
            "sainfo": .init(isRepeatable: true) { (document, arguments, session) throws(Diagnostic) in
                try document.takeSainfo(&arguments, session)
            },
            "tunnel": .init(isRepeatable: true) { (document, arguments, session) throws(Diagnostic) in
                try document.takeTunnel(&arguments, session)
            },
        ])
}
