import IPsec
import SourceText

@testable import SetkeyScript

/// What the tests' names mean, on any machine.
enum Samples {
    static let names = NameServices(
        addresses: { query in
            let known: [String: [IPAddress?]] = [
                "gw.example": [IPAddress("192.0.2.1"), IPAddress("2001:db8::1")],
                "peer.example": [
                    IPAddress("198.51.100.1"), IPAddress("198.51.100.2"), IPAddress("2001:db8::2"),
                ],
            ]
            guard let addresses = known[query.name] else {
                return .failure(NameFailure("no server knows that name"))
            }
            return .success(addresses.compactMap { $0 })
        },
        port: { ["domain": 53, "http": 80][$0] }, upperProtocol: { ["eigrp": 88][$0] },
        interface: { ["eth0": 2, "br-lan": 7][$0] })

    /// The requests of all statements, and the headlines of all that is said about them.
    static func run(_ text: String, _ settings: ScriptSettings = ScriptSettings()) -> (
        actions: [ScriptAction], headlines: [String]
    ) {
        let (statements, diagnostics) = StatementParser.parse(SourceFile(name: "f", text: text))
        var resolution = StatementResolution(settings, names: names)
        var actions: [ScriptAction] = []
        var headlines = diagnostics.headlines
        for statement in statements {
            do throws(Diagnostic) {
                let resolved = try resolution.resolve(statement)
                actions.append(resolved.action)
                headlines += resolved.remarks.map(\.headline)
            } catch {
                headlines.append(error.headline)
            }
        }
        return (actions, headlines)
    }

    static func requests(_ text: String, _ settings: ScriptSettings = ScriptSettings()) -> [DatabaseRequest] {
        run(text, settings).actions.flatMap { action -> [DatabaseRequest] in
            if case .requests(let requests) = action { requests } else { [] }
        }
    }

    static func entries(_ text: String, _ settings: ScriptSettings = ScriptSettings()) -> [SADEntry] {
        requests(text, settings).compactMap { request in
            if case .addSA(let entry) = request { entry } else { nil }
        }
    }

    static func policies(_ text: String, _ settings: ScriptSettings = ScriptSettings()) -> [SPDEntry] {
        requests(text, settings).compactMap { request in
            if case .addPolicy(let entry) = request { entry } else { nil }
        }
    }
}
