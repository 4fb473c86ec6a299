import ASN1
import Credentials
import Cryptography
import Foundation
import KeyMaterial
import TestSupport
import Testing

struct KeyFileTests {
    static func octets(_ name: String) throws -> [UInt8] {
        let path = VectorFile.packageRoot.appending(path: "Tests/CredentialsTests/Vectors/KeyFiles/\(name)")
        return [UInt8](try Data(contentsOf: path))
    }

    private func read(
        _ octets: [UInt8], _ name: String = "key", passphrase: String? = nil
    ) -> Result<PrivateKeyFile, CredentialFileFailure> {
        do throws(CredentialFileFailure) {
            return .success(
                try PrivateKeyFile(
                    SecretBytes(copying: octets), file: name,
                    passphrase: passphrase.map { SecretKey(copying: Array($0.utf8)) }))
        } catch {
            #expect(error.description.hasPrefix(name))
            return .failure(error)
        }
    }

    private func reason(
        _ octets: [UInt8], passphrase: String? = nil
    ) -> CredentialFileFailure.Reason? {
        guard case .failure(let failure) = read(octets, passphrase: passphrase) else { return nil }
        return failure.reason
    }

    private func rsa() throws -> PublicKey {
        try PublicKeyFile(Self.octets("pub.pem"), file: "pub.pem").key
    }

    static let plain = [
        "rsa.pem", "rsa-pkcs1.pem", "rsa-pkcs8.der", "rsa-pkcs1.der", "all.pem", "racoon-private.txt",
        "freeswan.txt",
    ]

    @Test(arguments: plain)
    func readsRSA(name: String) throws {
        let file = try read(Self.octets(name), name).get()
        #expect(try file.key.publicKey == rsa())
        #expect(file.certificates.count == (name == "all.pem" ? 2 : 0))
    }

    @Test(arguments: [
        ("ec-sec1.pem", KeyKind.ecdsa(.p256)), ("ec-sec1.der", .ecdsa(.p256)),
        ("ec-params.pem", .ecdsa(.p256)),
        ("ed25519.pem", .ed25519),
    ])
    func readsOthers(name: String, kind: KeyKind) throws {
        #expect(try read(Self.octets(name)).get().key.kind == kind)
    }

    static let encrypted = [
        "rsa-pkcs1-aes.pem", "rsa-pkcs1-des3.pem", "rsa-pkcs8-enc.pem", "rsa-pkcs8-3des.pem",
        "rsa-pkcs8-scrypt.pem", "rsa-pkcs8-enc.der", "bundle.p12", "bundle-legacy.p12",
    ]

    @Test(arguments: encrypted)
    func opensWithThePassphrase(name: String) throws {
        let octets = try Self.octets(name)
        let file = try read(octets, passphrase: "secret").get()
        #expect(try file.key.publicKey == rsa())
        #expect(reason(octets) == .key(.needsPassphrase))
        #expect(reason(octets, passphrase: "wrong") == .key(.wrongPassphrase))
        #expect(reason(octets, passphrase: "") == .key(.wrongPassphrase))
    }

    @Test func readsBundles() throws {
        let bundle = try read(Self.octets("bundle.p12"), passphrase: "secret").get()
        #expect(bundle.certificates.map { "\($0.subject)" } == ["C=CH, O=Example, CN=keys", "CN=ca"])
        #expect(try bundle.certificates[0].publicKey.get() == rsa())
        let open = try read(Self.octets("bundle-empty.p12")).get()
        #expect(open.certificates.count == 1)
        #expect(try open.key.publicKey == rsa())
        #expect(
            reason(try Self.octets("nokey.p12"), passphrase: "secret")
                == .key(.malformed("the PKCS#12 file holds no private key")))
    }

    @Test func refusesOtherKeys() throws {
        for name in ["ec-explicit.pem", "dsa.pem", "x25519.pem"] {
            guard case .key(.unsupported)? = reason(try Self.octets(name)) else {
                Issue.record("\(name) is read")
                continue
            }
        }
        for name in ["cert.pem", "pub.pem", "openssh.txt", "racoon-public.txt"] {
            guard case .unexpected? = reason(try Self.octets(name)) else {
                Issue.record("\(name) is read")
                continue
            }
        }
        #expect(reason([]) != nil)
        #expect(reason(Array("just a text".utf8)) != nil)
        #expect(reason([0x30, 0]) == .key(.malformed("neither PKCS#8, PKCS#1 nor SEC1")))
    }

    @Test func namesTheLine() throws {
        let key = try Self.octets("rsa.pem")
        let text = Array("# a comment\n\n".utf8) + key
        guard case .failure(let failure) = read(text.dropLast(40) + [], "my.pem") else {
            Issue.record("a cut key is read")
            return
        }
        #expect(failure.description.hasPrefix("my.pem:3: found a block \"PRIVATE KEY\" without an end"))
        var broken = String(decoding: try Self.octets("racoon-private.txt"), as: UTF8.self)
        broken = broken.replacingOccurrences(of: "Prime2:", with: "Prime9:")
        guard case .failure(let named) = read(Array(broken.utf8), "key.txt") else {
            Issue.record("an unknown name is read")
            return
        }
        #expect(named.line == 9)
    }

    /// A key whose numbers do not belong together would give its private half away by one signature.
    @Test func refusesUnsoundKeys() throws {
        let text = String(decoding: try Self.octets("racoon-private.txt"), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for name in ["Modulus", "PrivateExponent", "Prime1", "Exponent1", "Coefficient"] {
            let changed = lines.map { line -> String in
                guard line.contains("\(name):"), let last = line.last else { return String(line) }
                return line.dropLast() + (last == "1" ? "3" : "1")
            }
            guard case .key? = reason(Array(changed.joined(separator: "\n").utf8)) else {
                Issue.record("a wrong \(name) is accepted")
                continue
            }
        }
    }

    @Test func readsSelectors() throws {
        let entries = try RSAKeyText.entries(
            SecretBytes(copying: Self.octets("racoon-public.txt")), file: "pub")
        #expect(entries.map(\.selectors) == [["192.0.2.1", "198.51.100.0/24"], ["any"]])
        #expect(entries.map(\.line) == [2, 3])
        for entry in entries {
            guard case .publicKey(let key) = entry.key else {
                Issue.record("a public key is private")
                continue
            }
            #expect(try key == rsa())
        }
        let secrets = try RSAKeyText.entries(
            SecretBytes(copying: Self.octets("freeswan.txt")), file: "ipsec.secrets")
        #expect(secrets.map(\.selectors) == [["@gw.example.org"]])
    }

    @Test(arguments: [
        ": PSK \"x\"", ": RSA", ": RSA {", ": RSA { Modulus: }", ": RSA { Modulus: 0x1 Modulus: 0x1 }",
        ": RSA { Modulus: 12 }", ": RSA { }", "a b c d e f g h i : RSA {", "a", ": PUB", ": PUB 0sAQ==",
        ": PUB 0x",
        ": PUB 0s!!!!", "a\n: RSA {",
    ])
    func refusesTexts(text: String) {
        #expect(throws: CredentialFileFailure.self) {
            try RSAKeyText.entries(SecretBytes(copying: Array(text.utf8)), file: "f")
        }
    }

    @Test func recordsAreThoseOfRFC2537() throws {
        let key = try rsa()
        let text = try #require(key.recordText)
        #expect(text.hasPrefix("0sAwEAA"))
        #expect(try PublicKey(recordText: Array(text.utf8).span) == key)
        let modulus = try #require(key.rsaNumbers?.modulus)
        #expect(try PublicKey(record: [0, 0, 3, 1, 0, 1] + modulus) == key)
        let cut: [[UInt8]] = [
            [], [0], [0, 0], [0, 0, 0], [3, 1, 0], [3, 1, 0, 1], [5] + modulus.prefix(3),
        ]
        for record in cut {
            #expect(throws: KeyFailure.self) { try PublicKey(record: record) }
        }
    }

    @Test(arguments: ["pub.pem", "pub-pkcs1.pem", "pub.der"])
    func readsPublicKeys(name: String) throws {
        #expect(try PublicKeyFile(Self.octets(name), file: name).key == rsa())
    }

    @Test func readsCertificates() throws {
        let both = try CertificateFile(Self.octets("all.pem"), file: "all.pem").certificates
        #expect(both.map { "\($0.subject)" } == ["C=CH, O=Example, CN=keys", "CN=ca"])
        let pem = PEM.text("CERTIFICATE", both[0].der)
        #expect(try CertificateFile(Array(pem.utf8), file: "again").certificates == [both[0]])
        #expect(try CertificateFile(both[0].der, file: "der").certificates == [both[0]])
        for wrong in [
            [], Array("x".utf8), try Self.octets("rsa.pem"), both[0].der.dropLast() + [],
            Array(pem.replacingOccurrences(of: "M", with: "!").utf8),
        ] {
            #expect(throws: CredentialFileFailure.self) { try CertificateFile(wrong, file: "f") }
        }
    }

    @Test(arguments: [
        ("", nil as [UInt8]?), ("TQ==", [0x4d]), ("TWE=", [0x4d, 0x61]), ("TWFu", [0x4d, 0x61, 0x6e]),
        (" T W\nFu ", [0x4d, 0x61, 0x6e]), ("TQ=", nil), ("TQ", nil), ("T===", nil), ("TR==", nil),
        ("TWF=", nil),
        ("TQ==TQ==", nil), ("TW-u", nil), ("====", nil), ("=", nil),
    ])
    func base64(text: String, octets: [UInt8]?) {
        let found: [UInt8]?
        if let secret = SecretBytes.decoding(base64: Array(text.utf8).span) {
            found = secret.withSpan { span in span.indices.map { span[$0] } }
        } else {
            found = nil
        }
        #expect(found == octets)
        if let octets, !text.contains(" ") { #expect(PEM.base64(octets) == Array(text.utf8)) }
    }
}
