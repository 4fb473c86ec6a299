import Algorithms
import Negotiation
import Testing

@testable import IKEConfiguration

@Suite("compression of a tunnel")
struct CompressionStatementTests {
    private static func text(_ statement: String, mode: String = "ikev2") -> String {
        """
        remote 192.0.2.2 { exchange_mode \(mode); }
        sainfo anonymous { encryption_algorithm aes_gcm_16; }
        tunnel "net" { remote 192.0.2.2; local_net 10.1.0.0/24; remote_net 10.2.0.0/24; \(statement) }
        """
    }

    @Test(
        "off unless it is asked for",
        arguments: [("", false), ("compression off;", false), ("compression deflate;", true)])
    func stated(statement: String, compresses: Bool) throws {
        let result = FileSet().load(Self.text(statement))
        #expect(result.headlines.isEmpty)
        let tunnel = try #require(result.configuration?.policy.tunnels.first)
        #expect(tunnel.compression == (compresses ? .deflate : nil))
    }

    @Test(
        "what cannot be is refused with what to do",
        arguments: [
            ("compression lzs;", "ikev2", "'deflate' or 'off'"),
            ("compression lzjh;", "ikev2", "'deflate' or 'off'"),
            ("compression deflat;", "ikev2", "did you mean"),
            ("compression;", "ikev2", "lacks 'deflate' or 'off'"),
            ("compression deflate; compression deflate;", "ikev2", "compression"),
            ("compression deflate;", "ikev2, main", "'compression' is for IKEv2"),
        ])
    func refused(statement: String, mode: String, words: String) {
        let result = FileSet().load(Self.text(statement, mode: mode))
        #expect(result.configuration == nil)
        #expect(result.headlines.contains { $0.contains(words) }, "\(result.headlines)")
    }
}
