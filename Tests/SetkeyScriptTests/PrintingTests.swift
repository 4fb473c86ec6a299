import Algorithms
import IPsec
import KeyMaterial
import SourceText
import TestSupport
import Testing

@testable import SetkeyScript

/// What is printed is read back as the same thing.
@Suite struct PrintingTests {
    private static let exactly: ScriptSettings = {
        var settings = ScriptSettings()
        settings.forwardCopies = .none
        return settings
    }()

    /// All of an entry, keys included, as text in a fixed order.
    private static func describe(_ entry: SADEntry) -> String {
        var rest = entry
        rest.options.flags = []
        let flags = entry.options.flags.map(\.rawValue).sorted()
        return "\(rest) \(flags) \(describe(entry.transform))"
    }

    private static func describe(_ transform: SATransform) -> [String] {
        func octets(_ key: SecretKey) -> String { key.withSpan { HexadecimalText.of($0) } }
        return switch transform {
        case .none, .ipcomp: []
        case .ah(let integrity): [octets(integrity.key)]
        case .esp(let cipher, let integrity): [octets(cipher.key), integrity.map { octets($0.key) } ?? ""]
        }
    }

    @Test(arguments: CorpusTests.files)
    func statementsOfTheCorpus(_ file: CorpusTests.Loaded) throws {
        let text = try CorpusTests.text(file.file)
        let statements = StatementParser.parse(SourceFile(name: "f", text: text)).statements
        let printed = statements.map(\.text).joined(separator: "\n")
        let again = StatementParser.parse(SourceFile(name: "f", text: printed))
        #expect(again.diagnostics.isEmpty, "\(again.diagnostics.rendered)")
        #expect(again.statements.map(\.text).joined(separator: "\n") == printed)
        let (first, second) = (Samples.run(text), Samples.run(printed))
        #expect(first.actions.count == second.actions.count)
        #expect(Samples.entries(text).map(Self.describe) == Samples.entries(printed).map(Self.describe))
        #expect(Samples.policies(text) == Samples.policies(printed))
    }

    @Test func aStatementOfEachKind() {
        let text = """
            add 10.0.0.1 10.0.0.2 esp 0x1001 -m tunnel -u 7 -r 32 -E null -A hmac-md5 0x30313233343536373839616263646566;
            update -4n gw.example[isakmp] fe80::1%eth0[any] esp-udp 192.168.0.1 0x1 -f seq-pad -f nocyclic-seq -E null;
            getspi ::1 ::2 ah 0x0 -o if_id=7;
            get ::1 ::2 ipcomp 0x3;
            delete ::1 ::2 esp 0x100 -o mark=0x1/0xffffffff;
            deleteall -6 gw.example ::2;
            flush ah;
            dump;
            spdadd 10.0.0.0/8[any] 10.0.0.1[80] tcp -P out prio high + 5 ipsec esp/transport//unique ah/transport//unique:9;
            spdupdate tagged "tag" -P in prio def - 1 discard;
            spddelete ::/0 ::/0 icmp6 135,0 -P in;
            spdadd ::1 ::2 gre 1234 -ctx 1 2 "c" -o dev=eth0 -o localok -P fwd prio low none;
            spdflush;
            spddump;
            exit;
            """
        let (statements, diagnostics) = StatementParser.parse(SourceFile(name: "f", text: text))
        #expect(diagnostics.isEmpty, "\(diagnostics.rendered)")
        #expect(statements.map(\.text).joined(separator: "\n") == text)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func randomAssociations(seed: UInt64) throws {
        var random = RandomEntries(seed: seed)
        for _ in 0..<50 {
            let entry = random.association()
            let text = entry.setkeyText
            let (actions, headlines) = Samples.run(text)
            guard case .requests(let requests)? = actions.first, let request = requests.first else {
                Issue.record("\(text)\n\(headlines)")
                continue
            }
            switch request {
            case .addSA(let read), .allocateSPI(let read, _):
                #expect(Self.describe(read) == Self.describe(entry), "\(text)")
            default: Issue.record("\(text)")
            }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func randomPolicies(seed: UInt64) throws {
        var random = RandomEntries(seed: seed)
        for _ in 0..<50 {
            let entry = random.policy()
            let (_, headlines) = Samples.run(entry.setkeyText, Self.exactly)
            #expect(headlines.isEmpty, "\(entry.setkeyText)")
            #expect(Samples.policies(entry.setkeyText, Self.exactly) == [entry], "\(entry.setkeyText)")
        }
    }

    @Test func aKeyThatSetkeyDoesNotAllowGoesByTheKernelsName() {
        let cipher = KeyedCipher(.known(.aesCBC), key: SecretKey(copying: [1, 2, 3]))
        let integrity = KeyedIntegrity(.known(.null), key: SecretKey(copying: []), icvBits: 0)
        let id = { SecurityAssociationID(destination: .unspecified(.ipv4), protocol: $0, spi: SPI(999)) }
        let source = IPAddress.unspecified(.ipv4)
        let esp = SADEntry(id: id(.esp), source: source, mode: nil, transform: .esp(cipher, integrity))
        #expect(esp.setkeyText == "add 0.0.0.0 0.0.0.0 esp 0x3e7 -E \"cbc(aes)\" 0x010203;")
        let ah = SADEntry(id: id(.ah), source: source, mode: nil, transform: .ah(integrity))
        #expect(ah.setkeyText == "add 0.0.0.0 0.0.0.0 ah 0x3e7 -A \"digest_null\" -o icv=0;")
    }
}
