/// What `swiftikectl` asks of the daemon: one line of JSON, one request a connection.
package enum ControlRequest: Hashable, Sendable {
    /// The version both sides must speak.
    package static let version: Int64 = 1
    /// The longest request line, octets.
    package static let maximumSize = 4096
    /// The longest name of a tunnel.
    package static let maximumNameSize = 256

    case status
    /// Tell why packets were dropped, and what the last of them were.
    case drops
    /// Tell the SAs' counters as they are now.
    case sas
    /// Tell the keys and certificates that are loaded.
    case certificates
    /// Bring a tunnel up. Without a timeout the first attempt decides; with one, attempts go on so many seconds.
    case up(tunnel: String, timeout: Int64?)
    /// Take a tunnel down and keep it down.
    case down(tunnel: String)
    /// Tell what happened to the IKE SAs of a tunnel, of a remote block or of an address.
    case blackbox(name: String)
    /// Hand out the keys of all SAs, as Wireshark's tables.
    case keys
    /// Read the configuration again.
    case reload

    package var json: JSONValue {
        switch self {
        case .status: Self.object("status")
        case .drops: Self.object("drops")
        case .sas: Self.object("sas")
        case .certificates: Self.object("certs")
        case .up(let tunnel, let timeout):
            Self.object(
                "up",
                [.init("tunnel", .string(tunnel))] + (timeout.map { [.init("timeout", .integer($0))] } ?? []))
        case .down(let tunnel): Self.object("down", [.init("tunnel", .string(tunnel))])
        case .blackbox(let name): Self.object("blackbox", [.init("tunnel", .string(name))])
        case .keys: Self.object("keys")
        case .reload: Self.object("reload")
        }
    }

    private static func object(_ command: String, _ more: [JSONValue.Member] = []) -> JSONValue {
        .object([.init("version", .integer(version)), .init("command", .string(command))] + more)
    }

    /// Reads a request line, without its line end.
    package init(line: [UInt8]) throws(ControlFailure) {
        let value: JSONValue
        do {
            value = try JSONReader.read(line, maximumSize: Self.maximumSize)
        } catch {
            throw ControlFailure(.malformed, "the request is not understood: \(error)")
        }
        try Self.checkVersion(value)
        guard let command = value["command"]?.string else {
            throw ControlFailure(.malformed, "the request names no command")
        }
        self = try Self.make(command, value)
    }

    private static func checkVersion(_ value: JSONValue) throws(ControlFailure) {
        guard let version = value["version"]?.integer else {
            throw ControlFailure(.malformed, "the request names no protocol version")
        }
        guard version == Self.version else {
            throw ControlFailure(
                .version,
                "the request is of protocol version \(version), the daemon speaks version \(Self.version): "
                    + "use swiftikectl and swiftike of the same release")
        }
    }

    private static func make(_ command: String, _ value: JSONValue) throws(ControlFailure) -> ControlRequest {
        switch command {
        case "status":
            try allow([], in: value)
            return .status
        case "drops":
            try allow([], in: value)
            return .drops
        case "sas":
            try allow([], in: value)
            return .sas
        case "certs":
            try allow([], in: value)
            return .certificates
        case "up":
            try allow(["tunnel", "timeout"], in: value)
            return .up(tunnel: try tunnel(value), timeout: try timeout(value))
        case "down":
            try allow(["tunnel"], in: value)
            return .down(tunnel: try tunnel(value))
        case "blackbox":
            try allow(["tunnel"], in: value)
            return .blackbox(name: try tunnel(value))
        case "keys":
            try allow([], in: value)
            return .keys
        case "reload":
            try allow([], in: value)
            return .reload
        default:
            throw ControlFailure(.malformed, "there is no command \(JSONWriter.text(.string(command)))")
        }
    }

    private static func allow(_ names: [String], in value: JSONValue) throws(ControlFailure) {
        let allowed = ["version", "command"] + names
        if let unknown = value.names.first(where: { !allowed.contains($0) }) {
            throw ControlFailure(
                .malformed, "the request has an unknown part, \(JSONWriter.text(.string(unknown)))")
        }
    }

    private static func tunnel(_ value: JSONValue) throws(ControlFailure) -> String {
        guard let name = value["tunnel"]?.string, !name.isEmpty, name.utf8.count <= maximumNameSize else {
            throw ControlFailure(.malformed, "the request names no tunnel")
        }
        return name
    }

    private static func timeout(_ value: JSONValue) throws(ControlFailure) -> Int64? {
        guard let given = value["timeout"] else { return nil }
        guard let seconds = given.integer, (1...86400).contains(seconds) else {
            throw ControlFailure(.malformed, "the timeout is not a number of seconds from 1 to 86400")
        }
        return seconds
    }
}
