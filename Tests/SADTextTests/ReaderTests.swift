import Algorithms
import IPsec
import SADText
import SetkeyScript
import SourceText
import Testing

/// What each format tells beyond addresses and keys, and what is said of what cannot be read.
@Suite struct ReaderTests {
    private static let key = "000102030405060708090a0b0c0d0e0f"

    @Test func setkeysOwnListing() throws {
        let read = SADText(try vector("setkey-D-091.txt"))
        #expect(read.diagnostics.isEmpty, "\(read.diagnostics.rendered)")
        #expect(
            read.statements == [
                "add fd00::1 fd00::2 esp 0x1005 -m transport -E null;",
                "add 10.0.0.1[4500] 10.0.0.2[4501] esp-udp 0x1004 -m transport "
                    + "-E 3des-cbc 0x313233343536373839303132333435363738393031323334 "
                    + "-A hmac-md5 0x31323334353637383930313233343536;",
                "add 10.0.0.1 10.0.0.2 ipcomp 0x1003 -m transport -C deflate;",
                "add 10.0.0.1 10.0.0.2 ah 0x1002 -m transport "
                    + "-A hmac-sha256 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f;",
                "add 10.0.0.1 10.0.0.2 esp 0x1001 -m tunnel -u 7 -r 32 "
                    + "-E aes-cbc 0x0123456789abcdef0123456789abcdef "
                    + "-A hmac-sha1 0x3031323334353637383930313233343536373839;",
            ])
    }

    @Test func allThatTheKernelTells() throws {
        let text = """
            src 192.0.2.1 dst 192.0.2.2
            \tproto esp spi 0x00001001(4097) reqid 7(0x00000007) mode beet
            \treplay-window 0 seq 0x00000000 flag decap-dscp af-unspec esn (0xb0)
            \tmark 0x1/0xff
            \taead rfc4106(gcm(aes)) 0x\(Self.key)a0a1a2a3 (160 bits) 96
            \tencap type espinudp sport 4500 dport 4501 addr 0.0.0.0
            \tlastused 2024-08-29 12:33:12
            \tanti-replay esn context:
            \t seq-hi 0x2, seq 0x1d, oseq-hi 0x0, oseq 0x5
            \t replay_window 128, bitmap-length 4
            \t 00000000 00000000 00000000 1fffffff
            \tcrypto offload parameters: dev eth2 dir out mode packet
            \tif_id 0x2a
            \toutput-mark 0x2/0xffffffff
            \ttfcpad 1400
            \tdir in
            \tsel src 10.1.0.0/24 dst 10.2.0.0/24 proto tcp dport 80
            \tlifetime config:
            \t  limit: soft (INF)(bytes), hard (INF)(bytes)
            \tstats:
            \t  replay-window 0 replay 0 failed 0
            src 192.0.2.1 dst 192.0.2.2
            \tproto comp spi 0x00001003 reqid 0 mode transport
            \tcomp deflate 
            src 192.0.2.1 dst 192.0.2.2
            \tproto 4 spi 0xc0000201 reqid 0 mode tunnel
            src 192.0.2.1 dst 192.0.2.2
            \tproto esp spi 0x00000000 reqid 0 mode transport
            """
        let read = SADText(text)
        #expect(read.diagnostics.count(of: .error) == 0, "\(read.diagnostics.rendered)")
        #expect(read.diagnostics.count(of: .notice) == 2, "an SA of IP in IP, and one without keys")
        #expect(read.entries.count == 2)
        let entry = try #require(read.entries.first)
        #expect(entry.mode == .beet && entry.requestID == 7)
        #expect(entry.replay.usesExtendedSequenceNumbers && entry.replay.window == 128)
        #expect(entry.replay.inboundSequence == 0x2_0000_001d && entry.replay.outboundSequence == 5)
        #expect(entry.replay.bitmap == [0, 0, 0, 0x1fff_ffff])
        #expect(entry.encapsulation?.ports == UDPEncapsulation(sourcePort: 4500, destinationPort: 4501))
        #expect(
            entry.options.mark == Mark(value: 1, mask: 0xff) && entry.options.outputMark == Mark(value: 2))
        #expect(entry.options.interfaceID == 42 && entry.options.trafficFlowPadding == 1400)
        #expect(entry.options.flags == [.decapsulateDSCP, .anyFamily] && entry.options.direction == .inbound)
        #expect(entry.selector?.description == "10.1.0.0/24 -> 10.2.0.0/24[80] proto 6")
        #expect(entry.setkeyText.contains("-E aes-gcm-12 0x"))
    }

    @Test func whatSwiftkeyListsBesides() throws {
        let text = """
            192.0.2.1[4500] 192.0.2.2[4500] 
            \tesp-udp mode=3 spi=4097(0x00001001) reqid=0(0x00000000)
            \tE: null  
            \tA: hmac-sha256  \(Self.groups(32))
            \tseq=0x00000000 replay=0 flags=0x80000000 state=mature 
            \tesn icv=96 mark=0x2a/0xff if_id=3 dir=out af-unspec selector=10.1.0.0/24[80]>10.2.0.0/24/6
            """
        let read = SADText(text.replacing("\tE: null  \n", with: ""))
        #expect(read.diagnostics.isEmpty, "\(read.diagnostics.rendered)")
        let entry = try #require(read.entries.first)
        #expect(entry.mode == .beet && entry.replay.usesExtendedSequenceNumbers)
        #expect(entry.options.flags == [.noECN, .anyFamily] && entry.options.direction == .outbound)
        #expect(entry.selector?.description == "10.1.0.0/24[80] -> 10.2.0.0/24 proto 6")
        #expect(entry.setkeyText.contains("hmac-sha256-96"))
    }

    private static func groups(_ octets: Int) -> String {
        Array(repeating: "00010203", count: octets / 4).joined(separator: " ")
    }

    @Test func wiresharksStars() throws {
        let read = SADText(
            """
            "IPv4","*","192.0.*.7","0x0000****","NULL","","ANY 96 bit authentication [no checking]",""
            "IPv6","2001:db8::/32","*","*","DES-CBC [RFC2405]","abcd\\x22fgh","NULL","","64-bit","3"
            """)
        #expect(read.diagnostics.headlines.count == 1, "the ICV that cannot be checked")
        let (first, second) = (try #require(read.associations.first), try #require(read.associations.last))
        #expect(first.coverage.spiMask == 0xffff_0000 && !first.coverage.isExact)
        #expect(
            covers(first, "10.9.9.9", "192.0.200.7", 0x12) && !covers(first, "10.9.9.9", "192.0.200.8", 0x12))
        #expect(!covers(first, "10.9.9.9", "192.0.200.7", 0x10012))
        #expect(covers(second, "2001:db8:5::1", "fd00::1", 7) && !covers(second, "2001:db9::1", "fd00::1", 7))
        #expect(second.entry.replay.usesExtendedSequenceNumbers)
        #expect(second.entry.replay.inboundSequence == 3 << 32)
        #expect(second.entry.setkeyText.contains("0x6162636422666768"))
    }

    private func covers(_ sa: StatedAssociation, _ source: String, _ destination: String, _ spi: UInt32)
        -> Bool
    {
        guard let source = IPAddress(source), let destination = IPAddress(destination) else { return false }
        return sa.coverage.contains(source: source, destination: destination, spi: SPI(spi))
    }

    static let faults: [(String, String)] = [
        (
            "src 192.0.2.1 dst 192.0.2.2\n\tproto esp spi 0x1001 reqid 0 mode tunnel\n\tenc cbc(aes) <<Keys hidden>>\n",
            "f:3:15: error: the keys are hidden"
        ),
        (
            "src 192.0.2.1 dst 192.0.2.2\n\tproto esp spi 0x1001 reqid 0 mode tunnel\n\tenc cbc(aes) 0x\(key)ff\n",
            "f:3:15: error: this key has 136 bits; a key for aes-cbc has 128, 192 or 256 bits"
        ),
        (
            "192.0.2.1 192.0.2.2 \n\tesp mode=tunnel spi=4097(0x1001) reqid=0(0)\n\tE: aes-cbc  **** ****\n",
            "f:3:14: error: this key is masked; run 'swiftkey -D --show-keys' as root"
        ),
        (
            "192.0.2.1 192.0.2.2 \n\tesp mode=tunnel spi=4097(0x1001) reqid=0(0)\n\tE: aes-cbc  00010203 0405060\n",
            "f:3:14: error: this key is not hexadecimal digits in pairs"
        ),
        (
            "\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x1001\",\"AES-CBC [RFC3602]\",\"0x0001020304\",\"NULL\",\"\"\n",
            "f:1:62: error: this key has 40 bits"
        ),
        (
            "\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x1001\",\"AES-CBD [RFC3602]\",\"0x\(key)\",\"NULL\",\"\"\n",
            "f:1:42: error: unknown cipher 'AES-CBD [RFC3602]'; did you mean 'AES-CBC [RFC3602]'?"
        ),
        ("\"IPv4\",\"192.0.2.1\n", "f:1:1: error: expected eight fields in quotes"),
    ]

    @Test(arguments: faults)
    func faultsAreToldAndKeysAreNot(_ text: String, _ headline: String) {
        let diagnostics = SADText(text).diagnostics
        #expect(diagnostics.headlines.contains { $0.hasPrefix(headline) }, "\(diagnostics.headlines)")
        #expect(!diagnostics.rendered.contains("00010203"), "\(diagnostics.rendered)")
    }

    @Test func whatWiresharkCannotDoIsNoted() {
        let key = Self.key
        let read = SADText(
            """
            add 192.0.2.1 192.0.2.2 esp 0x1001 -E aes-ccm-16 0x\(key)a0a1a2;
            add 192.0.2.1 192.0.2.2 esp 0x1002 -E aes-cbc 0x\(key) -A aes-xcbc-mac 0x\(key);
            add 192.0.2.1 192.0.2.2 ah 0x1003 -A hmac-md5 0x\(key);
            add 192.0.2.1 192.0.2.2 ipcomp 0x1004 -C deflate;
            add 192.0.2.1 192.0.2.2 esp 0x1005 -E cast128-cbc 0x0001020304;
            """, as: .setkey)
        let table = WiresharkTable(read.entries)
        #expect(table.notes.map(\.id.spi.value) == [0x1001, 0x1002, 0x1003, 0x1004, 0x1005])
        var lines: [String] = []
        table.forEachLine { lines.append($0) }
        #expect(
            lines == [
                "\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x00001002\",\"AES-CBC [RFC3602]\",\"0x\(key)\","
                    + "\"ANY 96 bit authentication [no checking]\",\"\""
            ])
    }
}
