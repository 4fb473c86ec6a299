import IPsec
import PFKey
import Testing

@testable import KeyAdministration

/// `-v` and `-H`: messages in setkey's debug layout, and as octets.
@Suite struct MessageTraceTests {
    private static let association =
        "add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -u 7 -lh 60 -ls 50 "
        + "-E aes-cbc 0x00112233445566778899aabbccddeeff "
        + "-A hmac-sha256 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f;\n"
    private static let policy =
        "spdadd 10.0.0.0/24 10.1.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;\n"

    private func run(_ line: String, _ text: String, _ database: RecordingDatabase? = nil) -> String {
        let fixture = SessionFixture(database ?? RecordingDatabase(delay: 0))
        fixture.files = ["a": text]
        #expect(fixture.run(line) == 0)
        return fixture.output
    }

    @Test func aPolicyFieldByField() {
        let text = run("-v -f a", Self.policy)
        #expect(text.hasPrefix("> "))
        #expect(
            text.drop { $0 != "\n" }.dropFirst() == """
                sadb_msg{ version=2 type=14 errno=0 satype=0
                  len=16 reserved=0 seq=1 pid=1
                sadb_ext{ len=8 type=18 }
                sadb_x_policy{ type=2 dir=2 id=0 priority=2147483648 }
                 { len=48 proto=50 mode=2 level=2 reqid=0
                sockaddr{ len=16 family=2 port=0
                  c0000201  }
                sockaddr{ len=16 family=2 port=0
                  c0000202  }
                 }
                sadb_ext{ len=3 type=5 }
                sadb_address{ proto=255 prefixlen=24 reserved=0x0000 }
                sockaddr{ len=16 family=2 port=0
                  0a000000  }
                sadb_ext{ len=3 type=6 }
                sadb_address{ proto=255 prefixlen=24 reserved=0x0000 }
                sockaddr{ len=16 family=2 port=0
                  0a010000  }
                sadb_msg{ version=2 type=14 errno=0 satype=0
                  len=2 reserved=0 seq=1 pid=1
                < a:1: done

                """)
    }

    @Test func anSAFieldByField() {
        let text = run("-v -f a", Self.association)
        #expect(text.hasPrefix("> "))
        #expect(
            text.drop { $0 != "\n" }.dropFirst() == """
                sadb_msg{ version=2 type=3 errno=0 satype=3
                  len=28 reserved=0 seq=0 pid=1
                sadb_ext{ len=2 type=1 }
                sadb_sa{ spi=4097 replay=0 state=0
                  auth=5 encrypt=12 flags=0x00000000 }
                sadb_ext{ len=2 type=19 }
                sadb_x_sa2{ mode=2 reqid=7
                  reserved1=0 reserved2=0 sequence=0 }
                sadb_ext{ len=3 type=5 }
                sadb_address{ proto=255 prefixlen=32 reserved=0x0000 }
                sockaddr{ len=16 family=2 port=0
                  c0000201  }
                sadb_ext{ len=3 type=6 }
                sadb_address{ proto=255 prefixlen=32 reserved=0x0000 }
                sockaddr{ len=16 family=2 port=0
                  c0000202  }
                sadb_ext{ len=3 type=9 }
                sadb_key{ bits=128 reserved=0
                  key= 00112233 44556677 8899aabb ccddeeff }
                sadb_ext{ len=5 type=8 }
                sadb_key{ bits=256 reserved=0
                  key= 00010203 04050607 08090a0b 0c0d0e0f 10111213 14151617 18191a1b 1c1d1e1f }
                sadb_ext{ len=4 type=3 }
                sadb_lifetime{ alloc=0, bytes=0
                  addtime=60, usetime=0 }
                sadb_ext{ len=4 type=4 }
                sadb_lifetime{ alloc=0, bytes=0
                  addtime=50, usetime=0 }
                sadb_msg{ version=2 type=3 errno=0 satype=3
                  len=2 reserved=0 seq=0 pid=1
                < a:1: done

                """)
    }

    @Test func keysAreMaskedInBothForms() {
        let shown = run("-vH --show-keys -f a", Self.association)
        #expect(shown.contains("  key= 00112233 44556677 8899aabb ccddeeff }\n"))
        let masked = run("-vH --mask-keys -f a", Self.association)
        #expect(masked.contains("  key= **** **** **** **** }\n"))
        #expect(masked.contains("********"))
        for part in ["00112233", "8899aabb", "00010203", "1c1d1e1f"] {
            #expect(shown.contains(part) && !masked.contains(part))
        }
        #expect(shown.split(separator: "\n").count == masked.split(separator: "\n").count)
    }

    @Test func octetsAreTheMessage() {
        #expect(
            run("-H -f a", "spdflush;\n") == """
                 02130000 02000000 01000000 01000000
                 02130000 02000000 01000000 01000000

                """)
    }

    @Test func ipv6AndWhatIsDumped() {
        let text = run("-v -f a", Self.policy.replacing("192.0.2.", with: "2001:db8::") + "spddump;\n")
        #expect(
            text.contains("sockaddr{ len=28 family=10 port=0\n  flowinfo=0x00000000, scope_id=0x00000000\n"))
        #expect(text.contains("  20010db8 00000000 00000000 00000001  }\n"))
        #expect(text.contains(" { len=72 proto=50 mode=2 level=2 reqid=0\n"))
        #expect(
            text.contains("sadb_msg{ version=2 type=18 errno=0 satype=0\n  len=2 reserved=0 seq=2 pid=1\n"))
    }

    @Test func whatPFKeyCannotSayIsALine() {
        let text = run("-v -f a", Self.policy.replacing(" any -P", with: " any -o mark=7 -P"))
        #expect(text.contains("no PF_KEY message: PF_KEY has no words for a mark.\n"))
        #expect(!text.contains("sadb_msg"))
    }

    @Test func aRefusalHasItsNumber() {
        let text = run("-v -f a", Self.policy + Self.policy)
        #expect(text.contains("sadb_msg{ version=2 type=14 errno=17 satype=0\n"))
    }

    @Test func eventsAreMessagesWhereTheyCanBe() {
        let database = RecordingDatabase()
        database.events = [.addedPolicy(GoldenRecords.policies[7]), .flushedSAD(.esp), .lost]
        let text = run("-xv", "", database)
        #expect(text.contains("sadb_msg{ version=2 type=14 errno=0 satype=0\n"))
        #expect(
            text.contains("sadb_msg{ version=2 type=9 errno=0 satype=3\n  len=2 reserved=0 seq=0 pid=0\n"))
        #expect(text.contains("no PF_KEY message: PF_KEY has no message for the event\n"))
    }

    @Test func parsingOnlyShowsNothing() {
        #expect(run("-nv -f a", Self.policy) == "")
    }

    @Test func messagesOfAFile() throws {
        let fixture = SessionFixture()
        fixture.octets["a"] = try SADBReply(.linux).association(
            GoldenRecords.associations[4], SADBHeader(.dump, .esp, sequence: 3, process: 7)
        ).encoded()
        #expect(fixture.run("-vH --mask-keys a") == 0)
        #expect(fixture.output.hasPrefix("dump seq=3 pid=7\nsadb_msg{ version=2 type=10 errno=0 satype=3\n"))
        #expect(fixture.output.contains("  key= **** "))
        #expect(!fixture.output.contains("01234567"))
    }
}
