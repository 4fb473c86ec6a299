import IPsec
import SourceText
import Testing

@testable import SetkeyScript

@Suite struct PolicyTableTests {
    private static func load(_ text: String) -> (policies: [SecurityPolicy], headlines: [String]) {
        var table = PolicyTable()
        let diagnostics = table.apply(SourceFile(name: "p.conf", text: text))
        return (table.policies, diagnostics.headlines)
    }

    private static func describe(_ policies: [SecurityPolicy]) -> [String] {
        policies.map { "\($0.direction) \($0.selector)" }
    }

    @Test func anInboundPolicyIsAlsoMadeForPacketsPassingThrough() throws {
        let (policies, headlines) = Self.load(
            """
            #!/usr/sbin/setkey -f
            spdflush;
            spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/unique:7;
            spdadd 10.2.0.0/24 10.1.0.0/24 any -P in ipsec esp/tunnel/192.0.2.2-192.0.2.1/unique:7;
            """)
        #expect(headlines.isEmpty)
        #expect(
            Self.describe(policies) == [
                "outbound 10.1.0.0/24 -> 10.2.0.0/24", "inbound 10.2.0.0/24 -> 10.1.0.0/24",
                "forward 10.2.0.0/24 -> 10.1.0.0/24",
            ])
        let template = PolicyTemplate(
            protocol: .esp, mode: .tunnel, tunnelSource: IPAddress("192.0.2.2"),
            tunnelDestination: IPAddress("192.0.2.1"), level: .unique(requestID: 7))
        #expect(policies[1].templates == [template])
        #expect(policies[2].templates.map(\.level) == [.require])
    }

    @Test(
        arguments: [
            ("esp/transport/192.0.2.1-192.0.2.2/use", "use"),
            ("esp/transport/192.0.2.1-192.0.2.2/", "require"),
            ("esp/transport/192.0.2.1-192.0.2.2", "require"), ("esp/transport/", "require"),
            ("esp/transport//use", "use"), ("esp/transport", "require"),
            ("esp / transport / / default", "require"),
            ("esp/transport/me-any/use", "use"), ("esp/transport/192.0.2.1[4500]-192.0.2.2[4500]/use", "use"),
            ("esp/transport//unique", "unique(requestID: 16384)"),
            ("esp/transport//unique:9", "unique(requestID: 9)"),
            ("esp/transport//unique: 9", "unique(requestID: 9)"),
        ])
    func shortFormsOfRequests(request: String, level: String) {
        let (policies, headlines) = Self.load("spdadd ::1 ::2 tcp -P out ipsec \(request);")
        #expect(!headlines.contains { $0.contains("error") })
        #expect(policies.first?.templates.map { "\($0.level)" } == [level])
    }

    @Test func severalRequestsMakeABundle() {
        let (policies, headlines) = Self.load(
            "spdadd ::1 ::2 any -P out ipsec ipcomp/transport/ esp/transport//use ah/transport;")
        #expect(headlines.isEmpty)
        #expect(policies.first?.templates.map(\.protocol) == [.ipcomp, .esp, .ah])
    }

    @Test(
        arguments: [
            ("", 0x8000_0000), ("prio 1", 0x7fff_ffff), ("priority -1", 0x8000_0001),
            ("prio - 10", 0x8000_000a),
            ("prio high", 0x4000_0000), ("prio low + 1", 0xbfff_ffff), ("prio def-2", 0x8000_0002),
            ("prio high + 0x40000000", 0), ("prio low - 0x3fffffff", 0xffff_ffff),
        ] as [(String, UInt32)])
    func priorities(text: String, wire: UInt32) {
        let (policies, headlines) = Self.load("spdadd ::1 ::2 any -P out \(text) none;")
        #expect(headlines.isEmpty)
        #expect(policies.map(\.priority) == [wire])
        #expect(policies.map(\.action) == [.bypass])
    }

    @Test(
        arguments: [
            ("10.0.0.1[80] 10.0.0.2[any] tcp", "10.0.0.1/32[80] -> 10.0.0.2/32 proto 6"),
            ("-4n 10.0.0.0/8[53] 0.0.0.0/0[53] 17", "10.0.0.0/8[53] -> 0.0.0.0/0[53] proto 17"),
            ("::1 ::2 255", "::1/128 -> ::2/128"),
            ("::1 ::2 icmp6 135,0", "::1/128[135] -> ::2/128 proto 58"),
            ("10.0.0.1 10.0.0.2 icmp 8", "10.0.0.1/32[8] -> 10.0.0.2/32 proto 1"),
            ("10.0.0.1 10.0.0.2 gre 0.1.0.2", "10.0.0.1/32[1] -> 10.0.0.2/32[2] proto 47"),
            ("10.0.0.1 10.0.0.2 gre 65538", "10.0.0.1/32[1] -> 10.0.0.2/32[2] proto 47"),
        ])
    func selectors(text: String, selector: String) {
        let (policies, headlines) = Self.load("spdadd \(text) -P out discard;")
        #expect(headlines.isEmpty)
        #expect(policies.map { "\($0.selector)" } == [selector])
    }

    @Test func aMirroredPairSharesItsMadeUpRequestID() {
        let (policies, _) = Self.load(
            """
            spdadd ::1 ::2 any -P out ipsec esp/transport//unique;
            spdadd ::2 ::1 any -P in ipsec esp/transport//unique;
            spdadd ::3 ::4 any -P out ipsec esp/transport//unique:20000;
            """)
        #expect(policies.map { $0.templates.map(\.requestID) } == [[16384], [16384], [0], [16385]])
    }

    @Test func updatesDeletionsFlushesAndExit() {
        let (policies, headlines) = Self.load(
            """
            spdadd ::8 ::9 any -P out none; spdflush;
            spdadd ::1 ::2 any -P in none;
            spdupdate ::1 ::2 any -P in discard;
            spdadd ::2 ::1 any -P out none;
            spddelete ::2 ::1 any -P out;
            spddelete ::2 ::1 any -P out;
            exit;
            this is not read
            """)
        #expect(headlines == ["p.conf:6:1: warning: no policy above is for this, nothing is deleted"])
        #expect(policies.map(\.action) == [.discard, .discard])
        #expect(policies.map(\.direction) == [.inbound, .forward])
    }

    @Test(
        arguments: [
            (
                "add 10.0.0.1 10.0.0.2 esp 0x1001 -E null;",
                "1:1: error: 'add': SA statements are not loaded by include_policy; use swiftkey"
            ),
            ("flush;", "1:1: notice: 'flush' has no effect here: include_policy loads policies alone"),
            (
                "spdadd tagged \"x\" -P out none;",
                "1:8: error: 'tagged' is not supported by swiftike: Linux has no policies by packet tag"
            ),
            (
                "spdadd ::1 ::2 any -ctx 1 1 \"a\" -P out none;",
                "1:20: error: '-ctx' is not supported by swiftike: policies carry no security context"
            ),
            (
                "spadd ::1 ::2 any -P out none;",
                "1:1: error: unknown statement 'spadd'; did you mean 'spdadd'?"
            ),
            (
                "spdadd ::1 10.0.0.1 any -P out none;",
                "1:12: error: source and destination are of different families, IPv4 and IPv6"
            ),
            (
                "spdadd 10.0.0.0/33 10.0.0.1 any -P out none;",
                "1:17: error: a prefix length is 33, expected 0 to 32"
            ),
            (
                "spdadd ::1[65536] ::2 any -P out none;",
                "1:12: error: a port number is 65536, expected 0 to 65535"
            ),
            (
                "spdadd ::1 ::2 tcp 8,0 -P out none;",
                "1:20: error: expected '-P', found '8,0'; only icmp, icmp6, mh and gre have a type or key here"
            ),
            (
                "spdadd ::1 ::2 any -P out;",
                "1:23: error: this policy says no action; expected 'ipsec', 'none' or 'discard' after the direction"
            ),
            (
                "spdadd ::1 ::2 any -P out ipsec;",
                "1:27: error: 'ipsec' lacks a request, such as esp/transport//require"
            ),
            ("spdadd ::1 ::2 any -P out ipsec esp;", "1:36: error: expected '/', found ';'"),
            (
                "spdadd ::1 ::2 any -P out ipsec esp/tunnel//require;",
                "1:33: error: mode tunnel needs addresses: esp/tunnel/SOURCE-DESTINATION/require"
            ),
            (
                "spdadd ::1 ::2 any -P out ipsec esp/tunnel/::1-10.0.0.1/require;",
                "1:48: error: the two ends are of different families, IPv4 and IPv6"
            ),
            (
                "spdadd ::1 ::2 any -P out ipsec esp/tunnel/::1-::2/use;",
                "1:23: error: level 'use' is not possible in tunnel mode on the way out; use 'require'"
            ),
            (
                "spdadd ::1 ::2 any -P out bypass;",
                "1:27: error: 'bypass' is for the policies of sockets; here 'none' lets packets pass"
            ),
            (
                "spdadd ::1 ::2 any -P out ipsec esp/transport//requir;",
                "1:48: error: expected a level, 'default', 'use', 'require' or 'unique', found 'requir'; "
                    + "did you mean 'require'?"
            ),
            ("spdadd ::1 ::2 any -P out none", "1:31: error: expected ';', found the end of the file"),
            ("spdadd ::1 ::2 any -P out none \"x;", "1:32: error: this string has no closing '\"'"),
            (
                "spdadd host.example ::2 any -P out none;",
                "1:8: error: expected an address, found 'host.example'; "
                    + "host names are not looked up"
            ),
        ])
    func diagnostics(text: String, headline: String) {
        #expect(Self.load(text).headlines == ["p.conf:" + headline])
    }

    @Test func duplicatesAndLaterStatementsAreSeenAfterAnError() {
        let (policies, headlines) = Self.load(
            """
            spdadd ::1 ::2 any -P up none;
            spdadd ::1 ::2 any -P in none;
            spdadd ::1 ::2 any -P fwd none;
            """)
        #expect(policies.count == 2)
        #expect(
            headlines == [
                "p.conf:1:23: error: expected a direction, 'in', 'out' or 'fwd', found 'up'",
                "p.conf:3:1: error: a policy for ::1/128 -> ::2/128 fwd is there already, at p.conf:2",
            ])
    }
}
