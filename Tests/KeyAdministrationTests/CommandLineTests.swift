import IPsec
import Testing

@testable import KeyAdministration

@Suite struct CommandLineTests {
    private static func parse(_ line: String) -> CommandLineResult {
        CommandLineParser.parse(line.split(separator: " ").map(String.init), names: .common)
    }

    private static func options(_ line: String) throws -> KeyOptions {
        guard case .options(let options) = parse(line) else { throw Unparsed(line: line) }
        return options
    }

    private struct Unparsed: Error {
        let line: String
    }

    @Test func flagsMayBeBundled() throws {
        let options = try Self.options("-DPp")
        #expect(options.task == .dump)
        #expect(options.actsOnPolicies)
        #expect(options.showsPorts)
        #expect(try Self.options("-vkf policy.conf").task == .run(.file("policy.conf")))
        #expect(try Self.options("-fpolicy.conf").task == .run(.file("policy.conf")))
        #expect(try Self.options("-f -").task == .run(.file("-")))
    }

    @Test(arguments: [
        ("-D -F", KeyOptions.Task.flush), ("-FD", .dump), ("-c -f a", .run(.file("a"))),
        ("-f a -c", .run(.interactive)), ("-D -x", .watch), ("watch", .watch), ("a b", .decode(["a", "b"])),
        ("-D --diff a", .compare("a")), ("--sync=a", .synchronize("a")),
    ])
    func theLastTaskIsDone(line: String, task: KeyOptions.Task) throws {
        #expect(try Self.options(line).task == task)
    }

    @Test func everyFlagHasItsPlace() throws {
        let options = try Self.options("-apnvHk -D --strict --socket /run/x --mask-keys -P")
        #expect(options.showsDead && options.showsPorts)
        #expect(options.extent == .parsed && options.isVerbose && options.showsOctets)
        #expect(options.forwardPolicies == .asWritten)
        #expect(options.isStrict && options.socket == "/run/x" && options.keys == .masked)
        #expect(try Self.options("-kr -D").forwardPolicies == .added)
        #expect(try Self.options("-xx").eventTime == .seconds)
        #expect(try Self.options("--atomic -f a").extent == .allOrNothing)
        #expect(try Self.options("--dry-run --sync a").extent == .shown)
    }

    @Test(arguments: ["", "-V", "-h", "-?"])
    func usageAndVersionEndWith1AsSetkeyDoes(line: String) {
        guard case .text(let text, 1) = Self.parse(line) else {
            Issue.record("no text")
            return
        }
        #expect(text.contains(line == "-V" || line.isEmpty ? "swiftkey 0." : "usage: "))
    }

    @Test func longHelpIsNoError() {
        #expect(Self.parse("--help") == .text(CommandLineResult.usage, status: 0))
        #expect(Self.parse("--version") == .text(CommandLineResult.versionLine, status: 0))
    }

    @Test(arguments: [
        "-d", "-Z", "-P", "-f", "--sync", "--nonsense", "--json=1 -D", "--atomic -D", "--atomic -c",
        "--dry-run -D", "--mask-keys --show-keys -D", "--atomic --dry-run -f a", "-D watch", "watch now",
        "explain 10.0.0.1", "explain 10.0.0.1 fd00::1", "explain 10.0.0.1 10.0.0.2 nothing",
        "explain 10.0.0.1[x] 10.0.0.2", "-lD --json", "-D operand", "-Dv --json", "-xH --json", "-F --json",
        "--sync a --json",
        "explain 10.0.0.1 10.0.0.2 -o mark", "explain 10.0.0.1 10.0.0.2 -o", "-o mark=1 -D",
        "explain 10.0.0.1 10.0.0.2 -o mark=0x1ffffffff", "explain 10.0.0.1 10.0.0.2 -o dev=1",
    ])
    func misuseIsToldAndEndsWith1(line: String) {
        guard case .misuse(let message) = Self.parse(line) else {
            Issue.record("accepted")
            return
        }
        #expect(!message.isEmpty)
    }

    @Test func aPacketToExplain() throws {
        let packet = PacketQuery(
            source: GoldenRecords.address("10.0.0.1"), destination: GoldenRecords.address("10.0.0.2"),
            upperProtocol: 6, sourcePort: 0, destinationPort: 80)
        #expect(try Self.options("explain 10.0.0.1 10.0.0.2[80] tcp").task == .explain(packet))
        var marked = packet
        (marked.mark, marked.interfaceID) = (0x2a, 7)
        #expect(
            try Self.options("explain -o mark=0x2A 10.0.0.1 10.0.0.2[80] tcp -oif_id=7").task
                == .explain(marked))
    }
}
