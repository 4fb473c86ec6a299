import IPsec
import Testing

@testable import KeyAdministration

@Suite struct SessionTests {
    private static let policy =
        "spdadd 10.0.0.0/24 10.1.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;\n"
    private static let association =
        "add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -E aes-cbc 0x0123456789abcdef0123456789abcdef "
        + "-A hmac-sha256 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f;\n"

    private func fixture(_ files: [String: String] = [:]) -> SessionFixture {
        let fixture = SessionFixture()
        fixture.files = files
        return fixture
    }

    @Test func aFileIsApplied() {
        let fixture = fixture(["a": Self.policy + Self.association])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.database.state.policies.count == 1)
        #expect(fixture.database.state.associations.count == 1)
        #expect(fixture.output == "")
    }

    @Test func whatComesBeforeAnErrorStays() {
        let fixture = fixture(["a": Self.policy + "nonsense;\nspdflush;\n"])
        #expect(fixture.run("-f a") == 1)
        #expect(fixture.database.state.policies.count == 1)
        #expect(fixture.complaints.hasPrefix("a:2:1: error: unknown statement 'nonsense'"))
        #expect(fixture.complaints.contains("\n    nonsense;\n    ^~~~~~~~\n"))
    }

    @Test func refusalsAreToldWhereTheyCameFromAndDoNotCountUnlessStrict() {
        let fixture = fixture(["a": Self.policy + "\n" + Self.policy])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.complaints.hasPrefix("a:3:1: error: there is a policy"))
        #expect(fixture.run("--strict -f a") == 1)
    }

    @Test func noKeyIsRepeatedInAComplaint() {
        let fixture = fixture(["a": Self.association + Self.association])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.complaints.contains("a:2:1: error: there is an SA"))
        #expect(!fixture.complaints.contains("0123456789abcdef"))
        #expect(!fixture.complaints.contains("1a1b1c1d"))
    }

    @Test func exitEndsTheFile() {
        let fixture = fixture(["a": "exit;\n" + Self.policy])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.database.requests.isEmpty)
    }

    @Test func parsingOnlyAsksNothingAndTellsAllErrors() {
        let fixture = fixture(["a": "nonsense;\n" + Self.policy + "more nonsense;\n"])
        #expect(fixture.run("-n -f a") == 1)
        #expect(fixture.complaints.contains("a:1:1: error"))
        #expect(fixture.complaints.contains("a:3:1: error"))
        #expect(fixture.database.requests.isEmpty)
    }

    @Test func aDryRunShowsStatementsThatCanBeRead() {
        let fixture = fixture(["a": Self.policy + Self.association])
        #expect(fixture.run("--dry-run -f a") == 0)
        #expect(fixture.database.requests.isEmpty)
        let shown = fixture.output
        #expect(
            shown.contains(
                "spdadd 10.0.0.0/24 10.1.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;"
            ))
        fixture.files["b"] = shown
        #expect(fixture.run("-f b") == 0)
        #expect(fixture.complaints == "")
        #expect(fixture.run("--diff a") == 0)
        #expect(fixture.output == "")
    }

    @Test func listingsInAFileShowWhatCameBefore() {
        let fixture = fixture(["a": Self.policy + "spddump;\ndump;\n" + Self.association + "dump esp;\n"])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.output.hasPrefix("10.0.0.0/24[any] 10.1.0.0/24[any] 255\n\tout prio def ipsec\n"))
        #expect(fixture.output.contains("No SAD entries.\n192.0.2.1 192.0.2.2 \n\tesp mode=tunnel spi=4097"))
    }

    @Test func deleteAllDeletesEveryMatch() {
        let second = Self.association.replacing("0x1001", with: "0x1002")
        let other = Self.association.replacing("192.0.2.1 ", with: "192.0.2.9 ").replacing(
            "0x1001", with: "0x1003")
        let fixture = fixture([
            "a": Self.association + second + other + "deleteall 192.0.2.1 192.0.2.2 esp;\n"
        ])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.database.state.associations.map(\.record.entry.id.spi.value) == [0x1003])
    }

    @Test func typedStatementsGoOnAfterAnError() {
        let fixture = fixture()
        fixture.typed = ["non", "sense; # a comment;\nspda", String(Self.policy.dropFirst(4)), "spddump"]
        #expect(fixture.run("-c") == 1)
        #expect(fixture.complaints.contains("standard input:1:1: error: unknown statement"))
        #expect(fixture.complaints.contains("standard input:3:"))
        #expect(fixture.database.state.policies.count == 1)
    }

    @Test func atomicAppliesNothingOfAFileWithAnError() {
        let fixture = fixture(["a": "spdflush;\n" + Self.policy + Self.policy])
        #expect(fixture.run("--atomic -f a") == 1)
        #expect(fixture.complaints.contains("a:3:1: error: there is a policy"))
        #expect(fixture.database.requests.isEmpty)
    }

    @Test func atomicUndoesAllWhenTheKernelRefuses() {
        let fixture = fixture(["a": Self.policy, "b": "spdflush;\n" + Self.association])
        #expect(fixture.run("-f a") == 0)
        fixture.database.refusal = { request in
            if case .addSA = request { DatabaseFailure(.unsupported, "the kernel has no ESP") } else { nil }
        }
        #expect(fixture.run("--atomic -f b") == 1)
        #expect(fixture.complaints.contains("b:2:1: error: the kernel has no ESP"))
        #expect(fixture.complaints.contains("everything is as it was before"))
        #expect(fixture.database.state.policies.count == 1)
    }

    @Test func synchronizingTwiceChangesNothing() {
        let file = "flush;\nspdflush;\n" + Self.policy + Self.association
        let fixture = fixture(["a": file, "b": Self.policy.replacing("/require", with: "/unique:7")])
        #expect(fixture.run("--sync a") == 0)
        let count = fixture.database.requests.count
        #expect(count == 2)
        #expect(fixture.run("--sync a") == 0)
        #expect(fixture.database.requests.count == count)
        #expect(fixture.run("--diff b") == 0)
        let marks = fixture.output.split(separator: "\n").map { $0.prefix(8) }
        #expect(marks == ["- add 19", "- spdadd", "+ spdadd"])
        #expect(fixture.run("--sync b") == 0)
        #expect(fixture.database.state.associations.isEmpty)
        #expect(fixture.database.requests.count == count + 2)
    }

    @Test func aFileToSynchronizeAsksNothing() {
        let fixture = fixture(["a": Self.policy + "dump;\n"])
        #expect(fixture.run("--sync a") == 1)
        #expect(fixture.complaints.contains("a:2:1: error: 'dump' asks for an answer"))
        #expect(fixture.database.requests.isEmpty)
    }

    @Test func chosenRequestIDsAreNoneThatAreLoaded() {
        let first = Self.policy.replacing("/require", with: "/unique")
        let second = first.replacing("10.0.0.0", with: "10.9.0.0")
        let fixture = fixture(["a": first, "b": second])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.run("-f b") == 0)
        let chosen = fixture.database.state.policies.flatMap(\.record.entry.policy.templates).map(\.requestID)
        #expect(chosen == [16384, 16385])
    }

    @Test func flushing() {
        let fixture = fixture(["a": Self.policy + Self.association])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.run("-F") == 0)
        #expect(fixture.database.state.associations.isEmpty)
        #expect(fixture.database.state.policies.count == 1)
        #expect(fixture.run("-FP") == 0)
        #expect(fixture.database.state.policies.isEmpty)
    }

    @Test func explaining() {
        let fixture = fixture(["a": Self.policy, "b": Self.association])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.run("explain 10.0.0.1 10.1.0.1 tcp") == 0)
        #expect(
            fixture.output.contains(
                "missing: an SA esp from 192.0.2.1 to 192.0.2.2, mode tunnel without reqid\n"
                    + "        make it so: add 192.0.2.1 192.0.2.2 esp SPI -m tunnel -E aes-gcm-16 0xKEY;\n"
                    + "    => it is held until"))
        #expect(fixture.run("-f b") == 0)
        #expect(fixture.run("explain 10.0.0.1 10.1.0.1 tcp") == 0)
        #expect(fixture.output.contains("=> it leaves protected"))
        #expect(fixture.run("explain --json 10.0.0.1 10.2.0.1") == 0)
        #expect(fixture.output.split(separator: "\n").count == 3)
        #expect(
            fixture.output.contains(
                "\"direction\":\"out\",\"policy\":null,\"requests\":[],\"default_policy\":null,\"verdict\":\"clear\""
            ))
    }

    @Test(
        arguments: [
            (nil, "unless the system's default policy blocks it", "clear", "null"),
            (.accept, "the default policy is to accept", "clear", "\"accept\""),
            (.block, "it is thrown away: the default policy is to block", "discarded", "\"block\""),
        ] as [(DefaultAction?, String, String, String)])
    func explainingWhatMeetsNoPolicy(action: DefaultAction?, words: String, verdict: String, json: String) {
        let fixture = fixture()
        for direction in PolicyDirection.allCases { fixture.database.defaults[direction] = action }
        #expect(fixture.run("explain 10.0.0.1 10.1.0.1") == 0)
        #expect(fixture.output.contains(words))
        // Arriving in clear is not worth saying; being blocked is.
        #expect(fixture.output.contains("\nin: ") == (action == .block))
        #expect(fixture.run("explain --json 10.0.0.1 10.1.0.1") == 0)
        #expect(fixture.output.contains("\"default_policy\":\(json),\"verdict\":\"\(verdict)\""))
    }

    @Test func explainingPacketsOfAMarkAndAnInterface() {
        let marked = Self.policy.replacing(" any -P", with: " any -o mark=0x2a/0xff -o if_id=7 -P")
        let fixture = fixture([
            "a": marked,
            "b": Self.association.replacing("-m tunnel", with: "-m tunnel -o mark=0x2a/0xff -o if_id=7"),
        ])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.run("explain 10.0.0.1 10.1.0.1") == 0)
        #expect(fixture.output.contains("no policy matches"))
        #expect(fixture.run("explain 10.0.0.1 10.1.0.1 -o mark=0x12a -o if_id=7") == 0)
        #expect(fixture.output.hasPrefix("out: 10.0.0.1 -> 10.1.0.1 any protocol mark=0x12a if_id=7\n"))
        #expect(fixture.output.contains("-m tunnel -o mark=0x2a/0xff -o if_id=7 -E aes-gcm-16 0xKEY;"))
        #expect(fixture.run("-f b") == 0)
        #expect(fixture.run("explain -o mark=42 -oif_id=7 10.0.0.1 10.1.0.1") == 0)
        #expect(fixture.output.contains("=> it leaves protected"))
    }

    @Test func anSAOfAnotherInterfaceIsNearButNotTheOne() {
        let fixture = fixture([
            "a": Self.policy + Self.association.replacing("-m tunnel", with: "-m tunnel -o if_id=7")
        ])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.run("explain 10.0.0.1 10.1.0.1") == 0)
        #expect(fixture.output.contains("its if_id is 7, wanted is 0"))
    }

    @Test func anSAOfAnotherRequestIDIsNearButNotTheOne() {
        let fixture = fixture([
            "a": Self.policy + Self.association.replacing("-m tunnel", with: "-m tunnel -u 7")
        ])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.run("explain 10.0.0.1 10.1.0.1") == 0)
        #expect(fixture.output.contains("near: SA esp 0x00001001 192.0.2.1 -> 192.0.2.2 tunnel reqid=7"))
        #expect(fixture.output.contains("its reqid is 7, wanted is 0"))
    }

    @Test func eventsAsLinesAndAsObjects() {
        let fixture = fixture()
        fixture.database.events = [
            .added(GoldenRecords.associations[4]), .addedPolicy(GoldenRecords.policies[7]), .flushedSAD(nil),
            .lost,
        ]
        #expect(fixture.run("watch") == 0)
        let lines = fixture.output.split(separator: "\n")
        #expect(
            lines.first
                == "02:07:18.000042 added SA esp 0x00001001 10.0.0.1 -> 10.0.0.2 tunnel reqid=7 aes-cbc hmac-sha1"
        )
        #expect(
            lines[1].hasSuffix(
                "added policy out 10.0.0.0/24[any] 10.1.0.0/16[80] tcp prio def ipsec esp/tunnel/192.0.2.1-192.0.2.2/require"
            ))
        #expect(fixture.run("-xx") == 0)
        #expect(fixture.output.hasPrefix("1795226838.000042 added SA "))
        #expect(fixture.run("watch --json --mask-keys") == 0)
        #expect(
            fixture.output.hasPrefix(
                "{\"type\":\"event\",\"time\":\"2026-11-21T02:07:18.000042Z\",\"event\":\"added\",\"sa\":{"))
        #expect(!fixture.output.contains("01234567"))
    }

    @Test func dumpsAsJSONAreAnObjectALine() {
        let fixture = fixture(["a": Self.policy + Self.association])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.run("-D --json --show-keys") == 0)
        #expect(fixture.output.contains("\"key\":\"0123456789abcdef0123456789abcdef\""))
        #expect(fixture.run("-D --json --mask-keys") == 0)
        #expect(fixture.output.contains("\"key_bits\":128,\"icv_bits\":null,\"key\":null"))
        #expect(fixture.run("-DP --json") == 0)
        #expect(fixture.output.contains("\"requests\":[{\"protocol\":\"esp\",\"mode\":\"tunnel\""))
    }

    @Test func aFileThatIsNotThere() {
        let fixture = fixture()
        #expect(fixture.run("-f nowhere") == 1)
        #expect(fixture.complaints == "swiftkey: Can't open `nowhere': No such file or directory\n")
    }

    @Test func repeatedShortListing() {
        let fixture = fixture(["a": Self.association])
        #expect(fixture.run("-f a") == 0)
        #expect(fixture.run("-lD") == 0)
        #expect(fixture.output.hasSuffix("esp M 00001001   0/0   192.0.2.1 -> 192.0.2.2\n"))
    }
}
