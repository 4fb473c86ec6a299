import IPsec
import Negotiation
import Testing

@testable import IKEConfiguration

@Suite("mode_cfg, generate_policy and assigned ends")
struct AddressStatementTests {
    private static let gateway = """
        mode_cfg { network4 10.9.0.10; netmask4 255.255.255.240; network6 fd09::1; dns4 10.1.0.53; dns6 fd01::53;
            split_network include 10.1.0.0/16, 10.2.0.0/16; default_domain "example.org"; }
        remote anonymous { exchange_mode ikev2; generate_policy unique; }
        tunnel "rw" { remote anonymous; local_net 10.1.0.0/16; remote_net assigned; start listen; }
        """
    private static let warrior = """
        remote 192.0.2.2 { exchange_mode ikev2; mode_cfg on; }
        tunnel "net" { remote 192.0.2.2; local_net assigned; remote_net 10.1.0.0/16; start up; }
        """

    @Test("a gateway's pool ends with its network, and has what goes with an address")
    func poolOfGateway() throws {
        let result = FileSet().load(Self.gateway)
        #expect(result.headlines.isEmpty)
        let policy = try #require(result.configuration?.policy)
        let pool = try #require(policy.pool)
        #expect(pool.ranges.map(\.description) == ["10.9.0.10-10.9.0.15", "fd09::1-fd09::ff"])
        #expect(pool.configuration.nameServers.map(\.description) == ["10.1.0.53", "fd01::53"])
        #expect(pool.configuration.networks.map(\.description) == ["10.1.0.0/16", "10.2.0.0/16"])
        #expect(pool.configuration.domains == ["example.org"])
        #expect(policy.peers.first?.generatesPolicies == true)
        #expect(policy.tunnels.first?.assigned == .remote)
    }

    @Test("a road warrior asks for its address")
    func requestOfWarrior() throws {
        let result = FileSet().load(Self.warrior)
        #expect(result.headlines.isEmpty)
        let policy = try #require(result.configuration?.policy)
        #expect(policy.peers.first?.requestsConfiguration == true)
        #expect(policy.tunnels.first?.assigned == .local)
        #expect(policy.tunnels.first?.local == nil)
    }

    @Test(
        "what does not fit together is refused with what to do",
        arguments: [
            (warrior, "mode_cfg on;", "", "add 'mode_cfg on;'"),
            (warrior, "start up", "start on_demand", "say 'start up'"),
            (warrior, "remote_net 10.1.0.0/16", "remote_net assigned", "one end of a tunnel at most"),
            (gateway, "start listen", "start up", "say 'start listen'"),
            (gateway, "255.255.255.240", "255.0.255.0", "is not a netmask"),
            (gateway, "10.9.0.10", "fd09::9", "expected an IPv4 address"),
            (gateway, "exchange_mode ikev2;", "exchange_mode main;", "'assigned' is for IKEv2"),
            ("mode_cfg { network4 255.255.255.250; }\n" + warrior, "", "", "do not exist"),
        ])
    func refusals(text: String, what: String, instead: String, words: String) {
        let changed = what.isEmpty ? text : text.replacing(what, with: instead)
        let result = FileSet().load(changed)
        #expect(result.configuration == nil)
        #expect(result.headlines.contains { $0.contains(words) })
    }

    @Test("what changes nothing is said")
    func notices() {
        let result = FileSet().load(
            "mode_cfg { banner \"/etc/motd\"; network4 10.9.0.1; }\n" + Self.warrior)
        #expect(result.configuration?.policy.pool?.ranges.count == 1)
        #expect(result.headlines.contains { $0.contains("'banner' accepted, not in effect yet") })
        let empty = FileSet().load("mode_cfg { dns4 10.1.0.1; }\n" + Self.warrior)
        #expect(empty.headlines.contains { $0.contains("neither network4 nor network6") })
    }
}
