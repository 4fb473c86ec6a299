import Calendar
import CertificateAuthority
import Credentials
import Cryptography
import KeyMaterial
import TestSupport
import Testing

/// Files in memory.
private final class MemoryStorage: AuthorityStorage {
    var files: [String: [UInt8]] = [:]
    var failing: Set<String> = []

    func content(of name: String) throws(StorageFailure) -> [UInt8]? { files[name] }

    func secret(in name: String) throws(StorageFailure) -> SecretBytes? {
        files[name].map { SecretBytes(copying: $0) }
    }

    func write(_ octets: [UInt8], to name: String) throws(StorageFailure) {
        if failing.contains(name) { throw StorageFailure("\(name): disk full") }
        files[name] = octets
    }

    func writeSecret(_ octets: borrowing SecretBytes, to name: String) throws(StorageFailure) {
        if files[name] != nil { throw StorageFailure("\(name): exists") }
        files[name] = octets.withSpan { span in span.indices.map { span[$0] } }
    }
}

struct AuthorityFolderTests {
    private let now = Timestamp(seconds: 1_795_262_400)
    private let storage = MemoryStorage()

    private func made() throws -> AuthorityFolder {
        var random = FixedRandom(seed: 1)
        return try .make(
            DistinguishedName("O=Example, CN=Example CA"), .ecdsa(.p256), days: 1000, in: storage, at: now,
            random: &random)
    }

    @Test func isReadAgainAsItWasWritten() throws {
        var random = FixedRandom(seed: 2)
        var folder = try made()
        let certificate = try folder.issue(IssueRequest(name: "gw.example.org"), at: now, random: &random)
        _ = try folder.issue(IssueRequest(name: "192.0.2.1"), at: now, random: &random)
        #expect(try folder.revoke("192.0.2.1", .superseded, at: now) == 1)
        let again = try AuthorityFolder(storage)
        #expect(again.records == folder.records)
        #expect(again.authority.certificate == folder.authority.certificate)
        #expect(certificate.confirms(.fqdn("gw.example.org")))
        #expect("\(certificate.subject)" == "O=Example, CN=gw.example.org")
        #expect(certificate.notAfter.seconds - certificate.notBefore.seconds == 730 * 86400 - 1)
        let chain = try CertificateChain(
            for: certificate, intermediates: [], anchors: [folder.authority.certificate], at: now)
        #expect(chain.certificates.count == 2)
    }

    @Test func nothingOutlivesItsAuthority() throws {
        var random = FixedRandom(seed: 2)
        var folder = try made()
        var request = IssueRequest(name: "x")
        request.days = 5000
        let certificate = try folder.issue(request, at: now, random: &random)
        #expect(certificate.notAfter == folder.authority.certificate.notAfter)
        let late = Timestamp(seconds: now.seconds + 1001 * 86400)
        #expect(throws: AuthorityFailure.self) {
            try folder.issue(IssueRequest(name: "y"), at: late, random: &random)
        }
    }

    @Test func theListHoldsWhatIsRevokedAndHasNotEnded() throws {
        var random = FixedRandom(seed: 2)
        var folder = try made()
        let certificate = try folder.issue(IssueRequest(name: "x"), at: now, random: &random)
        let other = try folder.issue(IssueRequest(name: "y"), at: now, random: &random)
        #expect(try folder.writeRevocationList(days: 30, at: now).count == 0)
        _ = try folder.revoke("x", .keyCompromise, at: now)
        let list = try folder.writeRevocationList(days: 30, at: now)
        #expect(list.entry(for: certificate)?.reason == .keyCompromise)
        #expect(list.entry(for: other) == nil)
        var cache = RevocationCache()
        try cache.add(list, issuer: folder.authority.certificate, at: now)
        #expect(
            cache.status(of: certificate, issuer: folder.authority.certificate, at: now)
                == .revoked(since: now, .keyCompromise))
        let after = Timestamp(seconds: now.seconds + 731 * 86400)
        #expect(try folder.writeRevocationList(days: 30, at: after).count == 0)
    }

    @Test func listsAreNumberedUpwardsWithinASecond() throws {
        let folder = try made()
        let numbers = try (0..<3).map { _ in try folder.writeRevocationList(days: 1, at: now).number }
        #expect(Set(numbers).count == 3)
        #expect(numbers == numbers.sorted { $0.lexicographicallyPrecedes($1) })
    }

    /// A certificate that nobody knows of could not be revoked.
    @Test func theIndexIsWrittenFirst() throws {
        var random = FixedRandom(seed: 2)
        var folder = try made()
        storage.failing = ["certs/x.pem"]
        #expect(throws: AuthorityFailure.self) {
            try folder.issue(IssueRequest(name: "x"), at: now, random: &random)
        }
        #expect(try AuthorityFolder(storage).records.map(\.name) == ["x"])
        storage.failing = ["index.txt"]
        #expect(throws: AuthorityFailure.self) {
            try folder.issue(IssueRequest(name: "y"), at: now, random: &random)
        }
        #expect(storage.files["certs/y.pem"] == nil)
        #expect(storage.files["private/y.pem"] == nil)
    }

    @Test(arguments: [
        "", "ca", ".x", "-x", "a/b", "a b", "a\nb", "\u{e9}", String(repeating: "a", count: 65),
    ])
    func refusesNames(name: String) throws {
        var random = FixedRandom(seed: 2)
        var folder = try made()
        #expect(throws: AuthorityFailure.unusableName(name)) {
            try folder.issue(IssueRequest(name: name), at: now, random: &random)
        }
    }

    @Test(arguments: [
        "x", "01 x", "01 x 2027-01-01T00:00:00Z", "01 x 2027-01-01T00:00:00Z bad",
        "01 x 2027-01-01T00:00:00Z revoked yesterday superseded",
        "01 x 2027-01-01T00:00:00Z revoked 2027-01-01T00:00:00Z because", "1 x 2027-01-01T00:00:00Z good",
        "0G x 2027-01-01T00:00:00Z good", "01 ../x 2027-01-01T00:00:00Z good",
    ])
    func tellsOfBrokenLines(line: String) throws {
        _ = try made()
        storage.files["index.txt"] = Array("01 y 2027-01-01T00:00:00Z good\n\n\(line)\n".utf8)
        let failure = #expect(throws: AuthorityFailure.self) { try AuthorityFolder(storage) }
        #expect(failure?.description.hasPrefix("index.txt:3: ") == true)
    }

    @Test func refusesAnotherAuthoritysKey() throws {
        _ = try made()
        let key = try PrivateKey.generate(.ecdsa(.p256)).pem()
        storage.files["private/ca.pem"] = key.withSpan { span in span.indices.map { span[$0] } }
        #expect(throws: AuthorityFailure.issue(.keyMismatch)) { try AuthorityFolder(storage) }
        storage.files["private/ca.pem"] = nil
        #expect(throws: AuthorityFailure.notMade) { try AuthorityFolder(storage) }
    }
}
