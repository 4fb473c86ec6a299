/// What the daemon answers: one line of JSON, after which it closes the connection.
package enum ControlReply: Hashable, Sendable {
    /// The longest reply line that `swiftikectl` reads, octets: some 100,000 tunnels.
    package static let maximumSize = 64 << 20

    case status(StatusReport)
    case drops(DropReport)
    case sas(LiveSAReport)
    case certificates(CertificateReport)
    /// What the keys are of that follow this line.
    case keys(KeyReport)
    /// Done; lines for the person who asked.
    case done([String])
    case failed(ControlFailure)

    package var json: JSONValue {
        let version = JSONValue.Member("version", .integer(ControlRequest.version))
        return switch self {
        case .status(let report): .object([version, .init("status", report.json)])
        case .drops(let report): .object([version, .init("drops", report.json)])
        case .sas(let report): .object([version, .init("sas", report.json)])
        case .certificates(let report): .object([version, .init("certs", report.json)])
        case .keys(let report): .object([version, .init("keys", report.json)])
        case .done(let lines): .object([version, .init("done", .array(lines.map(JSONValue.string)))])
        case .failed(let failure):
            .object([
                version,
                .init(
                    "error",
                    .object([
                        .init("kind", .string(failure.kind.rawValue)),
                        .init("message", .string(failure.message)),
                    ])),
            ])
        }
    }

    /// The reply as it is sent.
    package var line: [UInt8] { JSONWriter.octets(json) + [UInt8(ascii: "\n")] }

    /// Reads a reply line, without its line end.
    package init(line: [UInt8]) throws(ControlFailure) {
        let value: JSONValue
        do {
            value = try JSONReader.read(line, maximumSize: Self.maximumSize)
        } catch {
            throw ControlFailure(.malformed, "the daemon's answer is not understood: \(error)")
        }
        guard value["version"]?.integer == ControlRequest.version else {
            throw ControlFailure(
                .version,
                "the daemon speaks another protocol version: use swiftikectl and swiftike of the same release"
            )
        }
        if let status = value["status"] {
            self = .status(try StatusReport(json: status))
        } else if let drops = value["drops"] {
            self = .drops(try DropReport(json: drops))
        } else if let sas = value["sas"] {
            self = .sas(try LiveSAReport(json: sas))
        } else if let certificates = value["certs"] {
            self = .certificates(try CertificateReport(json: certificates))
        } else if let keys = value["keys"] {
            self = .keys(try KeyReport(json: keys))
        } else if let lines = value["done"]?.array {
            self = .done(lines.compactMap(\.string))
        } else if let error = value["error"] {
            let kind = error["kind"]?.string.flatMap(ControlFailure.Kind.init) ?? .system
            self = .failed(ControlFailure(kind, error["message"]?.string ?? "the daemon gave no reason"))
        } else {
            throw ControlFailure(
                .malformed, "the daemon's answer holds neither what was asked for, nor a result, nor an error"
            )
        }
    }
}
