import ASN1
import Algorithms
import Calendar
import CertificateAuthority
import Credentials
import Cryptography
import Foundation
import IPsec
import KeyMaterial
import TestSupport
import Testing

/// A root made for a test, and what it issues.
struct SmallPKI {
    static let now = Timestamp(seconds: 1_795_262_400)  // 2026-11-21T12:00:00Z
    static let validity = CertificateTemplate.Validity(
        from: Timestamp(seconds: now.seconds - 86400), days: 3650)
    var random = FixedRandom(seed: 5)

    mutating func root(_ kind: KeyKind, _ name: String = "C=CH, O=Example, CN=root") throws
        -> SigningAuthority
    {
        try .root(
            DistinguishedName(name), PrivateKey.generate(kind), Self.validity, random: &random)
    }

    mutating func peer(_ authority: SigningAuthority, _ key: PublicKey) throws -> Certificate {
        let template = CertificateTemplate.peer(
            try DistinguishedName("C=CH, O=Example, CN=gateway.example.org"), key, Self.validity,
            names: [
                .dns("gateway.example.org"), .email("admin@example.org"),
                .address(try #require(IPAddress("192.0.2.1"))),
            ])
        return try authority.issue(template, random: &random)
    }
}

struct SigningAuthorityTests {
    static let kinds: [KeyKind] = [.rsa(bits: 3072), .ecdsa(.p256), .ecdsa(.p384), .ed25519]

    @Test(arguments: kinds)
    func chainsItMakesAreBelieved(kind: KeyKind) throws {
        var pki = SmallPKI()
        let root = try pki.root(kind)
        let key = try PrivateKey.generate(kind)
        let peer = try pki.peer(root, key.publicKey)
        let chain = try CertificateChain(
            for: peer, intermediates: [], anchors: [root.certificate], at: SmallPKI.now)
        #expect(chain.certificates == [peer, root.certificate])
        #expect(peer.confirms(.fqdn("gateway.example.org")))
        #expect(peer.serialNumber != root.certificate.serialNumber)
    }

    @Test func takesOnlyItsOwnKey() throws {
        var pki = SmallPKI()
        let root = try pki.root(.ecdsa(.p256))
        let other = try PrivateKey.generate(.ecdsa(.p256))
        #expect(throws: IssueFailure.keyMismatch) { try SigningAuthority(root.certificate, other) }
        let peer = try pki.peer(root, other.publicKey)
        #expect(throws: IssueFailure.notAnAuthority) { try SigningAuthority(peer, other) }
        _ = try SigningAuthority(root.certificate, root.key)
    }

    @Test func refusesASchemeOfAnotherKey() throws {
        var pki = SmallPKI()
        let root = try pki.root(.ed25519)
        let template = CertificateTemplate.authority(
            root.certificate.subject, root.key.publicKey, SmallPKI.validity)
        #expect(throws: IssueFailure.signature(.noCommonScheme(.ed25519))) {
            try root.issue(template, scheme: .rsaPKCS1(.sha256), random: &pki.random)
        }
    }

    private static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.openssl))
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// OpenSSL's own program believes the chain, knows the key and reads the CRL.
    @Test(.enabled(if: openssl != nil), arguments: kinds)
    func opensslAgrees(kind: KeyKind) throws {
        var pki = SmallPKI()
        let root = try pki.root(kind)
        let middle = try root.subordinate(
            DistinguishedName("C=CH, O=Example, CN=middle"), PrivateKey.generate(kind), SmallPKI.validity,
            random: &pki.random)
        let peer = try pki.peer(middle, PrivateKey.generate(kind).publicKey)
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftike-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ name: String, _ text: String) throws -> String {
            let path = folder.appending(path: name).path
            try Data(text.utf8).write(to: URL(filePath: path))
            return path
        }
        let rootFile = try file("root.pem", PEM.text("CERTIFICATE", root.certificate.der))
        let middleFile = try file("middle.pem", PEM.text("CERTIFICATE", middle.certificate.der))
        let peerFile = try file("peer.pem", PEM.text("CERTIFICATE", peer.der))
        let time = ["-attime", "\(SmallPKI.now.seconds)", "-x509_strict"]
        let chain = try run(
            ["verify", "-CAfile", rootFile, "-untrusted", middleFile] + time + [peerFile])
        #expect(chain.status == 0, "\(chain.output)")

        let list = try middle.revocationList(
            of: [
                RevokedCertificate(serialNumber: peer.serialNumber, since: SmallPKI.now, reason: .superseded)
            ],
            number: 7, validity: SmallPKI.validity)
        let empty = try root.revocationList(of: [], number: 1, validity: SmallPKI.validity)
        let lists = try file("lists.pem", PEM.text("X509 CRL", list) + PEM.text("X509 CRL", empty))
        let revoked = try run(
            ["verify", "-CAfile", rootFile, "-untrusted", middleFile, "-crl_check_all", "-CRLfile", lists]
                + time
                + [peerFile])
        #expect(revoked.status != 0)
        #expect(revoked.output.contains("certificate revoked"), "\(revoked.output)")

        let pem = middle.key.pem()
        let keyFile = try file(
            "key.pem", pem.withSpan { span in String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }
        )
        let key = try run(["pkey", "-in", keyFile, "-check", "-noout"])
        #expect(key.status == 0 || kind == .ed25519, "\(key.output)")
    }
}
