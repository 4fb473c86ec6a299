import Algorithms
import IPsec
import KeyMaterial
import TestSupport
import Testing

@testable import SetkeyScript

@Suite struct AssociationTests {
    private static func octets(_ key: SecretKey) -> String {
        key.withSpan { span in span.indices.map { span[$0] } }.hexadecimal
    }

    @Test func allThatSetkeySaysOfAnSA() throws {
        let (actions, headlines) = Samples.run(
            """
            add 10.0.0.1 10.0.0.2 esp 0x1001 -m tunnel -r 32 -u 7 -lh 3600 -ls 3000 -bh 1000000 -bs 900000
                -f seq-pad -ctx 1 2 "system_u" -E aes-cbc 0x0123456789abcdef0123456789abcdef
                -A hmac-sha256 "0123456789abcdef0123456789abcde;";
            """)
        #expect(headlines.isEmpty)
        guard case .requests(let requests)? = actions.first, case .addSA(let entry)? = requests.first else {
            Issue.record("no SA")
            return
        }
        #expect(entry.id.description == "esp 0x00001001 to 10.0.0.2")
        #expect(entry.source == IPAddress("10.0.0.1"))
        #expect(entry.mode == .tunnel)
        #expect(entry.requestID == 7)
        #expect(entry.replay == SADEntry.ReplayProtection(window: 32))
        #expect(
            entry.lifetime
                == Lifetime(
                    softTime: .seconds(3000), hardTime: .seconds(3600), softBytes: 900_000,
                    hardBytes: 1_000_000))
        #expect(
            entry.options.securityContext == SecurityContext(domain: 1, algorithm: 2, text: "system_u"))
        guard case .esp(let cipher, let integrity?) = entry.transform else {
            Issue.record("no ESP")
            return
        }
        #expect(cipher.algorithm == .known(.aesCBC))
        #expect(Self.octets(cipher.key) == "0123456789abcdef0123456789abcdef")
        #expect(integrity.algorithm == .known(.hmacSHA256))
        #expect(integrity.icvBits == 128)
        #expect(Self.octets(integrity.key).hasSuffix("6364653b"))
    }

    /// So that what a file states and what a kernel lists are equal.
    @Test(
        arguments: [
            ("-A hmac-sha256 KEY -o icv=96", "hmac-sha256-96 KEY"),
            ("-A hmac-sha256-96 KEY -o icv=128", "hmac-sha256 KEY"),
            ("-A \"hmac(sha256)\" KEY -o icv=128", "hmac-sha256 KEY"),
            ("-A hmac-sha256 KEY -o icv=64", "\"hmac(sha256)\" KEY -o icv=64"),
        ])
    func anICVLengthNamesTheAlgorithm(written: String, printed: String) {
        let key = "0x" + String(repeating: "ab", count: 32)
        let text = "add ::1 ::2 ah 0x300 \(written);".replacing("KEY", with: key)
        #expect(
            Samples.entries(text).map(\.setkeyText) == [
                "add ::1 ::2 ah 0x300 -A \(printed);".replacing("KEY", with: key)
            ])
    }

    @Test func anOddCountOfDigitsHasAZeroInFront() throws {
        let key = "0x" + String(repeating: "1", count: 31)
        let entry = try #require(Samples.entries("add ::1 ::2 ah 300 -A hmac-md5 \(key);").first)
        guard case .ah(let integrity) = entry.transform else {
            Issue.record("no AH")
            return
        }
        #expect(Self.octets(integrity.key) == "0" + String(repeating: "1", count: 31))
    }

    @Test func espInUDPTakesItsPortsFromTheAddresses() {
        let text = """
            add 10.0.0.1[4501] 10.0.0.2 esp-udp 192.168.7.7 1000 -E null;
            add 10.0.0.1[any] 10.0.0.2[domain] esp-udp 1001 -E null;
            """
        let encapsulations = Samples.entries(text).map(\.encapsulation)
        #expect(
            encapsulations == [
                SADEntry.Encapsulation(
                    .udp, ports: UDPEncapsulation(sourcePort: 4501, destinationPort: 4500),
                    originalAddress: IPAddress("192.168.7.7")),
                SADEntry.Encapsulation(.udp, ports: UDPEncapsulation(sourcePort: 4500, destinationPort: 53)),
            ])
    }

    @Test func namesGiveEveryPairOfOneFamily() {
        let pairs = { (text: String) in Samples.entries(text).map { "\($0.source) \($0.id.destination)" } }
        let rest = "gw.example peer.example esp 1000 -E null;"
        #expect(
            pairs("add \(rest)") == [
                "192.0.2.1 198.51.100.1", "192.0.2.1 198.51.100.2", "2001:db8::1 2001:db8::2",
            ])
        #expect(pairs("add -6 \(rest)") == ["2001:db8::1 2001:db8::2"])
        #expect(pairs("add -4 gw.example 198.51.100.9 esp 1000 -E null;") == ["192.0.2.1 198.51.100.9"])
    }

    @Test func getDeleteGetspiAndDeleteall() {
        let (actions, headlines) = Samples.run(
            """
            get ::1 ::2 esp 0x100; delete ::1 ::2 ah 257 -o mark=1/3; getspi ::1 ::2 esp 0 -m tunnel -u 5;
            getspi ::1 ::2 ipcomp 0; getspi ::1 ::2 ah 0x1234; deleteall ::1 ::2 esp; deleteall ::1 ::2;
            flush; flush esp-udp; dump ah; spdflush; spddump; bye; nonsense
            """)
        #expect(headlines.isEmpty)
        #expect(
            actions.map(Self.describe) == [
                "get esp 0x00000100 to ::2", "delete ah 0x00000101 to ::2 0x1/0x3",
                "allocate esp 256...4294967295 reqid 5", "allocate ipcomp 256...65535 reqid 0",
                "allocate ah 4660...4660 reqid 0", "delete all ::1 ::2 esp", "delete all ::1 ::2 any",
                "flush any", "flush esp", "dump ah", "flush policies", "dump policies", "exit",
            ])
    }

    private static func describe(_ action: ScriptAction) -> String {
        switch action {
        case .requests(let requests): requests.map(describe).joined(separator: "; ")
        case .deleteAll(let patterns):
            "delete all "
                + patterns.map { "\($0.source) \($0.destination) \(word($0.protocol))" }.joined(
                    separator: "; ")
        case .dumpSAD(let found): "dump \(word(found))"
        case .dumpSPD: "dump policies"
        case .exit: "exit"
        }
    }

    private static func describe(_ request: DatabaseRequest) -> String {
        switch request {
        case .getSA(let key): "get \(key.id)"
        case .deleteSA(let key): "delete \(key.id)" + (key.mark.map { " \($0)" } ?? "")
        case .allocateSPI(let entry, let range):
            "allocate \(entry.id.protocol) \(range) reqid \(entry.requestID)"
        case .flushSAD(let found): "flush \(word(found))"
        case .flushSPD: "flush policies"
        default: "\(request)"
        }
    }

    private static func word(_ found: SecurityProtocol?) -> String { found.map { "\($0)" } ?? "any" }
}
