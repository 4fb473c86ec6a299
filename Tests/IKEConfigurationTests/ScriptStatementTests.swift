import Negotiation
import Testing

@testable import IKEConfiguration

@Suite("script statements") struct ScriptStatementTests {
    private static func load(_ path: String, _ statements: String) -> (scripts: [String], headlines: [String])
    {
        let result = FileSet().load(
            "\(path) remote 192.0.2.2 { exchange_mode main; \(statements) \(Sample.proposal) }")
        let scripts = result.configuration?.policy.peers.first?.scripts ?? []
        return (scripts.map { "\($0.occasion.rawValue) \($0.path)" }, result.headlines)
    }

    @Test("whole names stay, others start in the folder of path script, wherever that stands")
    func names() {
        let (scripts, headlines) = Self.load(
            "path script \"/etc/hooks\";",
            "script \"/bin/true\" phase1_up; script \"down.sh\" phase1_down; script \"down.sh\" phase1_dead;")
        #expect(headlines.isEmpty)
        #expect(
            scripts == [
                "phase1_up /bin/true", "phase1_down /etc/hooks/down.sh", "phase1_dead /etc/hooks/down.sh",
            ])
    }

    @Test("a name that does not begin at the root is an error")
    func relative() {
        let (_, headlines) = Self.load("", "script \"up.sh\" phase1_up;")
        #expect(headlines.count == 1)
        #expect(headlines.first?.contains("'up.sh' does not begin with '/'") == true)
    }

    @Test("a parent's scripts hold until some are stated")
    func inheritance() throws {
        let text = """
            remote "base" { remote_address 192.0.2.9; exchange_mode main; script "/a" phase1_up; \(Sample.proposal) }
            remote "same" inherit "base" { remote_address 192.0.2.2; }
            remote "other" inherit "base" { remote_address 192.0.2.3; script "/b" phase1_down; }
            """
        let peers = try #require(FileSet().load(text).configuration?.policy.peers)
        #expect(peers.map { $0.scripts.map(\.path) } == [["/a"], ["/a"], ["/b"]])
    }
}
