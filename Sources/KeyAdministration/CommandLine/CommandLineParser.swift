import IPsec

/// Reads a command line as setkey does: flags may be bundled, and of several tasks the last one is done.
package struct CommandLineParser {
    private var rest: ArraySlice<String>
    private let names: ProtocolNames
    private var task: KeyOptions.Task?
    /// Options but for the task, which is known last.
    private var options = KeyOptions(task: .dump)
    private var operands: [String] = []
    /// Long options that were given, for what does not go together.
    private var given: Set<String> = []
    private var promiscuity = 0
    /// What `-o` says of the packet to explain.
    private var packetOptions: [String] = []

    /// Ends the reading before its end.
    private struct Outcome: Error {
        let result: CommandLineResult
    }

    /// - Parameter arguments: without the program's name.
    package static func parse(_ arguments: [String], names: ProtocolNames) -> CommandLineResult {
        guard !arguments.isEmpty else {
            return .text(CommandLineResult.versionLine + CommandLineResult.usage, status: 1)
        }
        var parser = CommandLineParser(rest: arguments[...], names: names)
        do throws(Outcome) {
            return try parser.result()
        } catch {
            return error.result
        }
    }

    private init(rest: ArraySlice<String>, names: ProtocolNames) {
        self.rest = rest
        self.names = names
    }

    private mutating func result() throws(Outcome) -> CommandLineResult {
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            }
            if argument.hasPrefix("--") {
                try long(String(argument.dropFirst(2)))
            } else if argument.hasPrefix("-"), argument != "-" {
                try bundle(argument.dropFirst())
            } else {
                operands.append(argument)
            }
        }
        options.task = try chosenTask()
        if promiscuity > 1 { options.eventTime = .seconds }
        try check()
        return .options(options)
    }

    private static func misuse(_ text: String) -> Outcome { Outcome(result: .misuse(text)) }

    // MARK: flags

    private mutating func bundle(_ flags: Substring) throws(Outcome) {
        var flags = flags
        while let flag = flags.popFirst() {
            if flag == "f" {
                let path = flags.isEmpty ? rest.popFirst() : String(flags)
                guard let path else { throw Self.misuse("-f takes a file name, or - for standard input") }
                task = .run(.file(path))
                return
            }
            if flag == "o" {
                guard let option = flags.isEmpty ? rest.popFirst() : String(flags) else {
                    throw Self.misuse("-o takes mark=NUMBER or if_id=NUMBER")
                }
                packetOptions.append(option)
                return
            }
            if try !taskFlag(flag), !plainFlag(flag) {
                throw Self.misuse("there is no option -\(flag)")
            }
        }
    }

    private mutating func taskFlag(_ flag: Character) throws(Outcome) -> Bool {
        switch flag {
        case "c": task = .run(.interactive)
        case "D": task = .dump
        case "F": task = .flush
        case "x":
            task = .watch
            promiscuity += 1
        case "V": throw Outcome(result: .text(CommandLineResult.versionLine, status: 1))
        case "h", "?": throw Outcome(result: .text(CommandLineResult.usage, status: 1))
        default: return false
        }
        return true
    }

    private mutating func plainFlag(_ flag: Character) -> Bool {
        switch flag {
        case "a": options.showsDead = true
        case "H": options.showsOctets = true
        case "k": options.forwardPolicies = .asWritten
        case "l": options.isRepeating = true
        case "n": options.extent = .parsed
        case "p": options.showsPorts = true
        case "P": options.actsOnPolicies = true
        case "r": options.forwardPolicies = .added
        case "v": options.isVerbose = true
        default: return false
        }
        return true
    }

    // MARK: long options

    private mutating func long(_ text: String) throws(Outcome) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        let name = parts[0]
        let takesValue = ["diff", "sync", "socket"].contains(name)
        guard takesValue || parts.count == 1 else { throw Self.misuse("--\(name) takes no value") }
        given.insert(name)
        guard takesValue else { return try plainLong(name) }
        guard let value = parts.count == 2 ? parts[1] : rest.popFirst(), !value.isEmpty else {
            throw Self.misuse("--\(name) takes a \(name == "socket" ? "path" : "file name")")
        }
        switch name {
        case "diff": task = .compare(value)
        case "sync": task = .synchronize(value)
        default: options.socket = value
        }
    }

    private mutating func plainLong(_ name: String) throws(Outcome) {
        switch name {
        case "atomic": options.extent = .allOrNothing
        case "dry-run": options.extent = .shown
        case "help": throw Outcome(result: .text(CommandLineResult.usage, status: 0))
        case "json": options.format = .json
        case "mask-keys": options.keys = .masked
        case "show-keys": options.keys = .shown
        case "strict": options.isStrict = true
        case "version": throw Outcome(result: .text(CommandLineResult.versionLine, status: 0))
        default: throw Self.misuse("there is no option --\(name)")
        }
    }

    // MARK: the task

    private func chosenTask() throws(Outcome) -> KeyOptions.Task {
        switch operands.first {
        case "watch":
            guard operands.count == 1, task == nil else { throw Self.misuse("watch stands alone") }
            return .watch
        case "explain":
            guard task == nil else { throw Self.misuse("explain stands alone") }
            return .explain(try packet())
        case .some where task == nil: return .decode(operands)
        case let operand?: throw Self.misuse("there is nothing to do with '\(operand)'")
        case nil: break
        }
        guard let task else {
            throw Self.misuse("there is nothing to do: one of -f, -c, -D, -F or -x is needed")
        }
        return task
    }

    private func packet() throws(Outcome) -> PacketQuery {
        guard (3...4).contains(operands.count), let source = Self.end(operands[1]),
            let destination = Self.end(operands[2]), source.address.family == destination.address.family
        else {
            throw Self.misuse(
                "explain takes a packet: SOURCE DESTINATION [PROTOCOL], addresses of one family, each with its "
                    + "port behind it where it has one, as in 10.0.0.1[80]")
        }
        let word = operands.count == 4 ? operands[3] : "any"
        guard let number = names.number(word) else { throw Self.misuse("there is no protocol '\(word)'") }
        var packet = PacketQuery(
            source: source.address, destination: destination.address, upperProtocol: number,
            sourcePort: source.port, destinationPort: destination.port)
        for option in packetOptions { try Self.apply(option, to: &packet) }
        return packet
    }

    /// `mark=NUMBER` or `if_id=NUMBER`, decimal or hexadecimal behind 0x.
    private static func apply(_ option: String, to packet: inout PacketQuery) throws(Outcome) {
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        let digits = parts.count == 2 ? parts[1] : ""
        let value =
            digits.lowercased().hasPrefix("0x") ? UInt32(digits.dropFirst(2), radix: 16) : UInt32(digits)
        switch (parts.first, value) {
        case ("mark", let value?): packet.mark = value
        case ("if_id", let value?): packet.interfaceID = value
        default:
            throw misuse("a packet's '-o \(option)': expected mark=NUMBER or if_id=NUMBER, as in mark=0x2a")
        }
    }

    /// Reads `ADDRESS` or `ADDRESS[PORT]`.
    private static func end(_ text: String) -> (address: IPAddress, port: UInt16)? {
        guard text.hasSuffix("]"), let open = text.firstIndex(of: "[") else {
            return IPAddress(text).map { ($0, 0) }
        }
        guard let address = IPAddress(text[..<open]),
            let port = UInt16(text[text.index(after: open)...].dropLast())
        else { return nil }
        return (address, port)
    }

    // MARK: what goes together

    private func check() throws(Outcome) {
        if given.isSuperset(of: ["mask-keys", "show-keys"]) {
            throw Self.misuse("--mask-keys and --show-keys exclude each other")
        }
        if given.isSuperset(of: ["atomic", "dry-run"]) {
            throw Self.misuse("--atomic and --dry-run exclude each other")
        }
        if options.extent == .allOrNothing {
            guard case .run(.file) = options.task else { throw Self.misuse("--atomic goes with -f") }
        }
        if options.extent == .shown {
            switch options.task {
            case .run, .synchronize: break
            case .dump, .flush, .watch, .decode, .explain, .compare:
                throw Self.misuse("--dry-run goes with -f, -c and --sync")
            }
        }
        if !packetOptions.isEmpty {
            guard case .explain = options.task else { throw Self.misuse("-o goes with explain") }
        }
        try checkFormat()
    }

    private func checkFormat() throws(Outcome) {
        guard options.format == .json else { return }
        switch options.task {
        case .flush, .synchronize, .decode: throw Self.misuse("--json goes with what lists something")
        case .run, .dump, .watch, .explain, .compare: break
        }
        if options.isVerbose || options.showsOctets {
            throw Self.misuse("-v and -H have no --json")
        }
        if options.isRepeating {
            throw Self.misuse("-l has no --json; use -D --json")
        }
    }
}
