import Foundation
import IPsec
import SourceText
import TestSupport
import Testing

@testable import SetkeyScript

/// Files as they are found in the world load without a word of theirs changed.
@Suite struct CorpusTests {
    /// A file, how many SAs and policies it makes, and how many remarks it earns.
    struct Loaded: Sendable, CustomTestStringConvertible {
        var file: String
        var associations: Int
        var policies: Int
        var warnings: [String] = []

        var testDescription: String { file }
    }

    static let files: [Loaded] = [
        Loaded(
            file: "howto-manual-keys.conf", associations: 4, policies: 3,
            warnings: ["hmac-md5", "3des-cbc", "integrity"]),
        Loaded(
            file: "howto-neighbour.conf", associations: 4, policies: 3,
            warnings: ["hmac-md5", "3des-cbc", "integrity"]),
        Loaded(
            file: "old-sample.conf", associations: 5, policies: 5,
            warnings: ["3des-cbc", "hmac-sha1", "blowfish-cbc", "hmac-md5", "cast128-cbc", "integrity"]),
        Loaded(file: "racoon-tunnel.conf", associations: 0, policies: 13),
        Loaded(
            file: "nat-traversal.conf", associations: 3, policies: 3,
            warnings: ["hmac-sha1", "hmac-md5", "ports", "ports"]),
        Loaded(file: "compression.conf", associations: 3, policies: 3),
        Loaded(file: "ipv6.conf", associations: 0, policies: 13),
        Loaded(file: "road-warriors.conf", associations: 0, policies: 9),
        Loaded(file: "upper-layers.conf", associations: 0, policies: 21),
        Loaded(file: "modern.conf", associations: 9, policies: 1),
        Loaded(file: "one-line.conf", associations: 1, policies: 1, warnings: ["hmac-sha1"]),
        Loaded(file: "carriage-returns.conf", associations: 1, policies: 0, warnings: ["hmac-sha1"]),
        Loaded(
            file: "every-statement.conf", associations: 5, policies: 8,
            warnings: ["hmac-sha1", "3des-cbc", "hmac-md5", "neither"]),
    ]

    static func text(_ file: String) throws -> String {
        let folder = VectorFile.packageRoot.appending(path: "Tests/SetkeyScriptTests/Vectors")
        return String(decoding: try Data(contentsOf: folder.appending(path: file)), as: UTF8.self)
    }

    @Test(arguments: files)
    func loads(_ expected: Loaded) throws {
        let (actions, headlines) = Samples.run(try Self.text(expected.file))
        let requests = actions.flatMap { action -> [DatabaseRequest] in
            if case .requests(let requests) = action { requests } else { [] }
        }
        let associations = requests.filter { request in
            if case .addSA = request { true } else { false }
        }
        let policies = requests.filter { request in
            switch request {
            case .addPolicy, .updatePolicy: true
            default: false
            }
        }
        #expect(associations.count == expected.associations)
        #expect(policies.count == expected.policies)
        #expect(headlines.count == expected.warnings.count, "\(headlines)")
        for (headline, word) in zip(headlines, expected.warnings) {
            #expect(!headline.contains("error:") && headline.contains(word), "\(headline)")
        }
    }

    @Test func bundlesKeepTheirOrder() throws {
        let policies = Samples.policies(try Self.text("howto-manual-keys.conf"))
        #expect(policies.allSatisfy { $0.policy.templates.map(\.protocol) == [.esp, .ah] })
        #expect(policies.map(\.policy.direction) == [.outbound, .inbound, .forward])
    }

    /// What ipsec-tools 0.9.1 listed after it had loaded the same file.
    @Test func policiesAreUnderstoodAsSetkeyDid() throws {
        let policies = Samples.policies(try Self.text("every-statement.conf"))
        #expect(
            policies.map(\.setkeyText) == [
                "spdadd 10.0.0.0/24 10.1.0.0/16[80] tcp -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;",
                "spdadd 10.1.0.0/16 10.0.0.0/24 any -P in prio high + 5 ipsec ah/transport//unique:9 esp/transport//use;",
                "spdadd 10.1.0.0/16 10.0.0.0/24 any -P fwd prio high + 5 ipsec ah/transport//require esp/transport//use;",
                "spdadd 0.0.0.0/0 0.0.0.0/0 icmp 8,0 -P out prio low - 3 discard;",
                "spdadd ::/0 ::/0 icmp6 135,0 -P in none;",
                "spdadd ::/0 ::/0 icmp6 135,0 -P fwd none;",
                "spdadd 192.0.2.7 192.0.2.8 udp -o any-reqid -P out prio def - 10 ipsec esp/transport//unique:16384;",
                "spdadd 192.0.2.7 192.0.2.8 gre 9 -P out prio def + 10 ipsec esp/transport//require;",
            ])
    }

    @Test func withoutCopiesPoliciesAreAsGiven() throws {
        var settings = ScriptSettings()
        settings.forwardCopies = .none
        let policies = Samples.policies(try Self.text("howto-manual-keys.conf"), settings)
        #expect(policies.map(\.policy.direction) == [.outbound, .inbound])
    }
}
