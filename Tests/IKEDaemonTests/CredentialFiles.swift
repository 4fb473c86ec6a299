import Calendar
import CertificateAuthority
import Credentials
import Cryptography
import Glibc
import KeyMaterial
import LinuxIO
import Synchronization
import TestSupport

@testable import IKEDaemon

/// Files of credentials in memory.
final class CredentialFiles: Sendable {
    private struct Entry {
        var bytes: [UInt8]
        var mode: UInt32
    }

    private let files = Mutex<[String: Entry]>([:])

    func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) {
        files.withLock { $0[path] = Entry(bytes: bytes, mode: mode) }
    }

    func remove(_ path: String) {
        files.withLock { $0[path] = nil }
    }

    var reading: CredentialFileReading {
        CredentialFileReading(
            read: { [self] (path) throws(SystemError) in
                guard let entry = files.withLock({ $0[path] }) else {
                    throw SystemError("open \(path)", code: ENOENT)
                }
                return CredentialFile(
                    facts: FileFacts(
                        kind: .regular, owner: 0, group: 0, mode: entry.mode, size: Int64(entry.bytes.count)),
                    bytes: entry.bytes)
            },
            names: { [self] folder in
                files.withLock { files in
                    files.keys.filter { $0.hasPrefix(folder + "/") }.map {
                        String($0.dropFirst(folder.count + 1))
                    }.filter { !$0.contains("/") }.sorted()
                }
            }, process: .init(realUser: 0, effectiveUser: 0))
    }
}

/// A small PKI, and what gateways have of it.
struct CredentialScene {
    static let now = Timestamp(seconds: 1_795_262_400)
    static let validity = CertificateTemplate.Validity(
        from: Timestamp(seconds: now.seconds - 86400), days: 3650)
    static let list = "http://crl.example.org/crl.der"

    let files = CredentialFiles()
    let root: SigningAuthority
    var random = FixedRandom(seed: 7)

    init() throws {
        root = try .root(
            DistinguishedName("O=Example, CN=root"), PrivateKey.generate(.ecdsa(.p256)), Self.validity,
            random: &random)
        files.write(root.certificate.pem, to: "/c/certs/root.pem", mode: 0o644)
    }

    /// Makes `NAME.pem` with its key, known as `NAME.example.org`.
    @discardableResult
    mutating func issue(
        _ name: String, list: String? = nil, responder: String? = nil, by authority: SigningAuthority? = nil
    ) throws -> Certificate {
        let key = try PrivateKey.generate(.ecdsa(.p256))
        var template = CertificateTemplate.peer(
            try DistinguishedName("O=Example, CN=\(name)"), key.publicKey, Self.validity,
            names: [.dns("\(name).example.org")])
        template.crlLocations = list.map { [$0] } ?? []
        template.ocspLocations = responder.map { [$0] } ?? []
        let certificate = try (authority ?? root).issue(template, random: &random)
        files.write(certificate.pem, to: "/c/certs/\(name).pem", mode: 0o644)
        files.write(
            key.pem().withSpan { span in span.indices.map { span[$0] } }, to: "/c/private/\(name).pem")
        return certificate
    }

    static func plan(own name: String, _ change: (inout PeerCredentialPlan) -> Void = { _ in })
        -> CredentialPlan
    {
        var plan = PeerCredentialPlan(origin: "t.conf:1")
        plan.own = .certificate(file: "\(name).pem", key: "\(name).pem")
        change(&plan)
        return CredentialPlan(certificates: "/c/certs", peers: ["peer": plan])
    }

    func revocationList(_ revoked: [Certificate], number: Int = 1) throws -> [UInt8] {
        try root.revocationList(
            of: revoked.map { RevokedCertificate(serialNumber: $0.serialNumber, since: Self.now) },
            number: number,
            validity: .init(from: Timestamp(seconds: Self.now.seconds - 60 + Int64(number)), days: 7))
    }
}
