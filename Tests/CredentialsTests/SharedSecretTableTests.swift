import Algorithms
import Credentials
import Cryptography
import IPsec
import KeyMaterial
import Testing

struct SharedSecretTableTests {
    private func table(_ text: String) -> SharedSecretTable {
        SharedSecretTable(SecretBytes(copying: Array(text.utf8)), file: "psk.txt")
    }

    /// Whether the answer for a name is keyed with `key`.
    private func answers(_ table: SharedSecretTable, _ name: SharedSecretTable.PeerName, _ key: [UInt8])
        -> Bool
    {
        guard case .success(let answer) = table.answer(.hmacSHA1, [1, 2, 3], for: [name]) else {
            return false
        }
        let expected = PRF.compute(.hmacSHA1, key: SecretKey(copying: key), data: [1, 2, 3])
        return SecretKey.constantTimeEqual(answer, expected)
    }

    private func failure(
        _ table: SharedSecretTable, _ names: [SharedSecretTable.PeerName]
    ) -> SharedSecretTable.Failure? {
        guard case .failure(let failure) = table.answer(.hmacSHA1, [], for: names) else { return nil }
        return failure
    }

    private func address(_ text: String) throws -> SharedSecretTable.PeerName {
        .address(try #require(IPAddress(text)))
    }

    @Test func findsEachKindOfName() throws {
        let table = table(
            """
            # keys
            192.0.2.1\tfirst key
            2001:DB8::1   second

            gateway.example.org third
            user@example.org fourth
            group fifth
            alice sixth
            """)
        #expect(answers(table, try address("192.0.2.1"), Array("first key".utf8)))
        #expect(answers(table, try address("2001:db8::1"), Array("second".utf8)))
        #expect(answers(table, .identity(.fqdn("gateway.example.org")), Array("third".utf8)))
        #expect(answers(table, .identity(.userFQDN("user@example.org")), Array("fourth".utf8)))
        #expect(answers(table, .identity(.keyID(Array("group".utf8))), Array("fifth".utf8)))
        #expect(answers(table, .login("alice"), Array("sixth".utf8)))
        #expect(
            answers(table, .identity(.address(try #require(IPAddress("192.0.2.1")))), Array("first key".utf8))
        )
        #expect(table.remarks == [])
        #expect(table.count == 6)
    }

    @Test func theFirstMatchWinsAndNamesAreTriedInOrder() throws {
        let table = table("192.0.2.1 one\n192.0.2.1 two\nname three\n")
        #expect(answers(table, try address("192.0.2.1"), Array("one".utf8)))
        let both = table.answer(.hmacMD5, [9], for: [.identity(.fqdn("name")), try address("192.0.2.1")])
        let expected = PRF.compute(.hmacMD5, key: SecretKey(copying: Array("three".utf8)), data: [9])
        guard case .success(let answer) = both else {
            Issue.record("no answer")
            return
        }
        #expect(SecretKey.constantTimeEqual(answer, expected))
    }

    @Test func whatIsLookedForTwiceIsToldOnce() throws {
        let name = try address("192.0.2.1")
        #expect(
            failure(table("192.0.2.9 a"), [name, name])
                == .noEntry(file: "psk.txt", lookedFor: ["192.0.2.1"]))
    }

    @Test func blanksInsideAndBehindTheKeyCount() throws {
        let table = table("192.0.2.1 a  b \r\n192.0.2.2 \u{b}key\n")
        #expect(answers(table, try address("192.0.2.1"), Array("a  b \r".utf8)))
        #expect(answers(table, try address("192.0.2.2"), Array("key".utf8)))
        #expect(table.remarks.count == 1)
        #expect(table.remarks.first?.line == 1)
        #expect(table.remarks.first?.isRefused == false)
    }

    @Test func readsHexadecimalKeys() throws {
        let table = table("192.0.2.1 0xC0ffee\n192.0.2.2 0Xc0\n")
        #expect(answers(table, try address("192.0.2.1"), [0xc0, 0xff, 0xee]))
        #expect(answers(table, try address("192.0.2.2"), Array("0Xc0".utf8)))
    }

    @Test(arguments: ["0x", "0xabc", "0xzz", "0x12 34", "0x12 "])
    func aBadHexadecimalKeyIsNeverUsed(_ key: String) throws {
        let table = table("# one\n192.0.2.1 \(key)\n192.0.2.1 good\n")
        guard case .unusable(let sentence) = failure(table, [try address("192.0.2.1")]) else {
            Issue.record("not refused")
            return
        }
        #expect(sentence.hasPrefix("psk.txt:2: "))
        #expect(table.remarks.contains { $0.line == 2 && $0.isRefused })
        #expect(!sentence.contains("zz"))
    }

    @Test func aStarMatchesNobodyAndSaysSo() throws {
        let table = table("* secret\n")
        let expected = SharedSecretTable.Failure.noEntry(
            file: "psk.txt", lookedFor: ["192.0.2.1", "gateway.example.org"])
        let names = [try address("192.0.2.1"), .identity(.fqdn("gateway.example.org"))]
        #expect(failure(table, names) == expected)
        #expect(table.remarks.first?.description.hasPrefix("psk.txt:1: `*` matches no peer") == true)
    }

    @Test(arguments: [
        " 192.0.2.1 key", "192.0.2.1", "192.0.2.1   ", "192.0.2.1 a\0b",
        "192.0.2.1 " + String(repeating: "k", count: 1014),
    ])
    func linesWithoutAnEntryAreNamed(_ line: String) throws {
        let table = table("\n\(line)\n192.0.2.9 x")
        #expect(table.remarks.map(\.line) == [2])
        #expect(table.remarks.first?.isRefused == true)
        #expect(failure(table, [try address("192.0.2.1")]) != nil)
        #expect(answers(table, try address("192.0.2.9"), [0x78]))
    }

    @Test func theLongestLineIsTaken() throws {
        let key = String(repeating: "k", count: 1013)
        #expect(answers(table("192.0.2.1 \(key)"), try address("192.0.2.1"), Array(key.utf8)))
    }

    @Test func anyOctetsAtAllAreRead() {
        for seed in 0..<300 {
            let octets = (0..<40).map { UInt8(truncatingIfNeeded: ($0 &* 37 &+ seed &* 101) ^ (seed >> 2)) }
            let table = SharedSecretTable(SecretBytes(copying: octets), file: "f")
            #expect(table.count <= 40)
        }
    }
}

struct SharedSecretFileTests {
    private let root = SharedSecretFile.Process(realUser: 0, effectiveUser: 0)

    private func weakness(
        kind: SharedSecretFile.Kind = .regular, owner: UInt32 = 0, permissions: UInt32 = 0o600
    ) -> String? {
        SharedSecretFile(path: "/etc/psk.txt", kind: kind, owner: owner, permissions: permissions).weakness(
            for: root)
    }

    @Test func acceptsAPrivateFile() {
        #expect(weakness() == nil)
        #expect(weakness(permissions: 0o400) == nil)
    }

    @Test(arguments: [0o604, 0o640, 0o610, 0o601, 0o644, 0o660] as [UInt32])
    func namesTheModeAndTheCommand(_ permissions: UInt32) {
        let text = weakness(permissions: permissions) ?? ""
        #expect(text.contains("mode 0" + String(permissions, radix: 8)))
        #expect(text.hasSuffix("type: chmod 600 /etc/psk.txt"))
    }

    @Test func namesTheOwnerAndTheKind() {
        #expect(weakness(owner: 7)?.hasSuffix("type: chown 0 /etc/psk.txt") == true)
        #expect(weakness(kind: .other("directory"))?.contains("is a directory") == true)
        let file = SharedSecretFile(path: "p", kind: .regular, owner: 0, permissions: 0o600)
        #expect(file.weakness(for: .init(realUser: 5, effectiveUser: 0)) != nil)
    }
}
