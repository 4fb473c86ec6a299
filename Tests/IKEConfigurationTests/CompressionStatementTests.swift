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

@Suite("compression that policies of included files ask for")
struct CompressionPolicyTests {
    private static let compressing =
        "ipcomp/tunnel/192.0.2.1-192.0.2.2/require esp/transport//require"

    private static func headlines(_ rules: String, mode: String, sainfo: String = "") -> [String] {
        let policy = "spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec \(rules);\n"
        let proposal = mode == "ikev2" ? "" : Sample.proposal
        let ciphers = "encryption_algorithm aes; authentication_algorithm hmac_sha256;"
        return FileSet(files: ["policy.conf": policy]).load(
            """
            remote 192.0.2.2 { exchange_mode \(mode); \(proposal) }
            sainfo anonymous { \(ciphers) \(sainfo) }
            include_policy "policy.conf";
            """
        ).headlines
    }

    @Test("IKEv2 negotiates it", arguments: ["ikev2", "ikev2, main"])
    func negotiated(mode: String) {
        #expect(Self.headlines(Self.compressing, mode: mode).isEmpty)
    }

    @Test(
        "what no negotiation gives is warned of, where it is written",
        arguments: [
            (compressing, "main", "not negotiated in IKEv1"),
            ("ah/tunnel/192.0.2.1-192.0.2.2/require", "main", "in IKEv1 ESP alone"),
            (
                "ipcomp/transport//use esp/tunnel/192.0.2.1-192.0.2.2/require", "ikev2",
                "inside of a tunnel of ESP"
            ),
            (
                "ipcomp/tunnel/192.0.2.1-192.0.2.2/unique:5 esp/transport//unique:6", "ikev2",
                "request IDs 5 for IPComp and 6"
            ),
        ])
    func warned(rules: String, mode: String, words: String) {
        let headlines = Self.headlines(rules, mode: mode)
        #expect(headlines.count == 1)
        #expect(headlines.allSatisfy { $0.hasPrefix("policy.conf:1:") && $0.contains("warning") })
        #expect(headlines.allSatisfy { $0.contains(words) }, "\(headlines)")
    }

    @Test(
        "compression_algorithm is in effect in IKEv2 alone",
        arguments: [("ikev2", 0), ("main", 1), ("ikev2, main", 1)])
    func algorithm(mode: String, notices: Int) {
        let headlines = Self.headlines(
            "esp/tunnel/192.0.2.1-192.0.2.2/require", mode: mode, sainfo: "compression_algorithm deflate;")
        #expect(headlines.count == notices)
        #expect(headlines.allSatisfy { $0.contains("not in effect yet in IKEv1") })
    }
}
