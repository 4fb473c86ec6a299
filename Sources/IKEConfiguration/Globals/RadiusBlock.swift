import SourceText

/// The `radiuscfg` block: checked, not in effect yet.
struct RadiusBlock {
    private static let mostServers = 5
    private var servers: [String: Int] = [:]

    static let vocabulary = Vocabulary<RadiusBlock>(
        place: "in a radiuscfg block",
        rules: [
            "auth": .init(isRepeatable: true) { (block, arguments, _) throws(Diagnostic) in
                try block.takeServer(&arguments)
            },
            "acct": .init(isRepeatable: true) { (block, arguments, _) throws(Diagnostic) in
                try block.takeServer(&arguments)
            },
            "timeout": .init { (_, arguments, _) throws(Diagnostic) in
                _ = try arguments.takeNumber(1...3600, "timeout in seconds")
            },
            "retries": .init { (_, arguments, _) throws(Diagnostic) in
                _ = try arguments.takeNumber(0...100, "number of retries")
            },
        ])

    static func take(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        var block = RadiusBlock()
        vocabulary.apply(try arguments.takeBlock(), to: &block, session)
        session.notInEffect(arguments)
    }

    private mutating func takeServer(_ arguments: inout Arguments) throws(Diagnostic) {
        let kind = arguments.keyword
        _ = try arguments.takeString("a host")
        _ = try arguments.takeOptionalNumber(1...65535, "port")
        _ = try arguments.takeString("a secret")
        let count = servers[kind.text, default: 0] + 1
        guard count <= Self.mostServers else {
            throw kind.location.error("more than \(Self.mostServers) '\(kind.text)' servers")
        }
        servers[kind.text] = count
    }
}
