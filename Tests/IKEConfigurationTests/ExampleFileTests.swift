import Foundation
import IKEConfiguration
import IPsec
import Negotiation
import SetkeyScript
import SourceText
import Testing

@Suite struct ExampleFileTests {
    @Test func allAreFound() {
        #expect(ExampleFiles.configurations.count >= 8)
    }

    @Test(arguments: ExampleFiles.configurations)
    func loads(name: String) throws {
        let result = ConfigurationFile.load(ExampleFiles.path(name), reading: ExampleFiles.reading)
        let errors = result.headlines.filter { $0.contains(": error: ") }
        #expect(errors.isEmpty)
        _ = try #require(result.configuration)
    }

    @Test(arguments: ["east", "west", "nat", "transport", "roadwarrior", "ikev2"])
    func loadsWithoutAWarning(name: String) {
        let path = ExampleFiles.path("etc/examples/\(name).conf")
        let result = ConfigurationFile.load(path, reading: ExampleFiles.reading)
        #expect(result.headlines.isEmpty)
        #expect(result.configuration?.policy.tunnels.count == 1)
    }

    /// The commented-out lines of the default file are an example too.
    @Test func theDefaultFileLoadsWithItsTunnel() throws {
        let text = String(decoding: try ExampleFiles.text("etc/swiftike.conf"), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let isProse = line.hasPrefix("# ") && !line.hasPrefix("#  ")
            return line.hasPrefix("#") && !isProse && !line.hasPrefix("#include") ? line.dropFirst() : line
        }
        let result = FileSet().load(lines.joined(separator: "\n"))
        #expect(result.headlines.isEmpty)
        #expect(result.configuration?.policy.tunnels.map(\.name) == ["hq"])
    }

    @Test(arguments: ExampleFiles.policies)
    func policiesLoad(name: String) throws {
        var table = PolicyTable()
        let diagnostics = table.apply(SourceFile(name: name, bytes: try ExampleFiles.text(name)))
        #expect(diagnostics.allSatisfy { $0.severity == .notice })
        #expect(table.policies.count >= 3)
    }

    /// What is shipped as an example is what fuzzing starts from.
    @Test(arguments: ExampleFiles.configurations + ExampleFiles.policies)
    func isASeed(name: String) throws {
        let target = ExampleFiles.policies.contains(name) ? "SetkeyText" : "ConfigurationText"
        let base = name.split(separator: "/").last ?? ""
        #expect(
            try ExampleFiles.text("Tests/Fuzz/Seeds/\(target)/\(base)") == ExampleFiles.text(name))
    }

    @Test func theArticlesPoliciesAreIncluded() throws {
        let path = ExampleFiles.path("etc/examples/article.conf")
        let configuration = try #require(
            ConfigurationFile.load(path, reading: ExampleFiles.reading).configuration)
        #expect(configuration.includedPolicies.map(\.direction) == [.outbound, .inbound, .forward])
    }

    @Test(arguments: ExampleFiles.configurations + ExampleFiles.policies)
    func everyPrefixIsReadOrRefused(name: String) throws {
        // A comment cut short is the same comment.
        let text = String(decoding: try ExampleFiles.text(name), as: UTF8.self)
        let bytes = Array(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n").utf8)
        for count in 0...bytes.count {
            Parsing.check(Array(bytes.prefix(count)), named: name)
        }
    }

    @Test(arguments: ExampleFiles.configurations + ExampleFiles.policies, [1, 2, 3])
    func mutationsAreReadOrRefused(name: String, seed: UInt64) throws {
        var generator = SplitMix(state: seed &* 0x9e37_79b9_7f4a_7c15)
        let bytes = try ExampleFiles.text(name)
        for _ in 0..<40 {
            var mutant = bytes
            for _ in 0..<Int.random(in: 1...6, using: &generator) { Parsing.mutate(&mutant, &generator) }
            Parsing.check(mutant, named: name)
        }
    }
}

/// Runs a text through both parsers and checks what must hold of any text.
enum Parsing {
    static func check(_ bytes: [UInt8], named name: String) {
        let file = SourceFile(name: name, bytes: bytes)
        var diagnostics: DiagnosticList
        switch ConfigurationFile.load(file, reading: FileSet().reading) {
        case .success(let configuration):
            diagnostics = configuration.notices
            #expect(diagnostics.allSatisfy { $0.severity != .error })
        case .failure(let rejection):
            diagnostics = rejection.diagnostics
            #expect(diagnostics.contains { $0.severity == .error })
        }
        var table = PolicyTable()
        diagnostics.append(contentsOf: table.apply(file))
        let areShown = diagnostics.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.rendered.isEmpty }
        #expect(areShown)
    }

    private static let words = [
        "{", "}", ";", "[", "]", "/", ",", "\"", "#", "remote", "sainfo", "tunnel", "inherit", "anonymous",
        "0",
        "99999999999999999999", "-1", "::", "10.0.0.0", "any", "lifetime time", "proposal {",
        "include \"x\";",
        "-P in ipsec", "unique:", "prio high +", "\r\n", "\u{0}",
    ]

    static func mutate(_ bytes: inout [UInt8], _ generator: inout SplitMix) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1:
            bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &generator)))
        case 2: bytes.insert(contentsOf: (words.randomElement(using: &generator) ?? "").utf8, at: place)
        default:
            let end = min(bytes.count, place + 40)
            bytes.insert(
                contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &generator))
        }
    }
}

/// A small generator, so that a failing seed can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
