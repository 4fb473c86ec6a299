package import Calendar
package import Credentials
package import Cryptography
internal import KeyMaterial

/// A small authority with its files in one folder: its certificate and key, what it issued, and its CRL.
///
/// The index is written before the certificate it tells of, so that whatever was issued can be revoked.
package struct AuthorityFolder {
    /// The name of the authority's own files, which no certificate can have.
    static let ownName = "ca"
    /// Certificates begin so many seconds ago: clocks differ.
    private static let skew: Int64 = 300

    package let authority: SigningAuthority
    /// In the order of issue.
    package private(set) var records: [IssueRecord]
    private let storage: any AuthorityStorage

    /// Opens a folder.
    package init(_ storage: any AuthorityStorage) throws(AuthorityFailure) {
        self.storage = storage
        authority = try Self.readAuthority(storage)
        records = try Self.readIndex(storage)
    }

    /// Makes a new authority, with an empty CRL.
    package static func make(
        _ subject: DistinguishedName, _ kind: KeyKind, days: Int64, in storage: any AuthorityStorage,
        at now: Timestamp, random: inout some RandomSource
    ) throws(AuthorityFailure) -> AuthorityFolder {
        guard try read(AuthorityFile.certificate, storage) == nil else { throw .alreadyMade }
        let key = try newKey(kind)
        let authority: SigningAuthority
        do throws(IssueFailure) {
            authority = try .root(subject, key, validity(now, days), random: &random)
        } catch { throw .issue(error) }
        do throws(StorageFailure) {
            try storage.writeSecret(key.pem(), to: AuthorityFile.key)
            try storage.write([], to: AuthorityFile.index)
            try storage.write(authority.certificate.pem, to: AuthorityFile.certificate)
        } catch { throw .storage(error) }
        return try AuthorityFolder(storage)
    }

    /// Makes a key and a certificate for it, and writes both.
    package mutating func issue(
        _ request: IssueRequest, at now: Timestamp, random: inout some RandomSource
    ) throws(AuthorityFailure) -> Certificate {
        guard IssueRecord.isUsable(request.name) else { throw .unusableName(request.name) }
        guard !records.contains(where: { $0.name == request.name && !$0.isRevoked }) else {
            throw .nameTaken(request.name)
        }
        let key = try Self.newKey(request.keyKind)
        var template = CertificateTemplate.peer(
            request.effectiveSubject(under: authority.certificate.subject), key.publicKey,
            try validity(now, request.days), names: request.effectiveNames)
        template.crlLocations = request.crlLocations
        template.ocspLocations = request.ocspLocations
        let certificate = try signed(template, random: &random)
        try add(certificate, request.name)
        do throws(StorageFailure) {
            try storage.writeSecret(key.pem(), to: AuthorityFile.key(of: fileName(request.name)))
            try storage.write(
                certificate.pem, to: AuthorityFile.certificate(of: fileName(request.name)))
        } catch { throw .storage(error) }
        return certificate
    }

    /// Writes a certificate that says what the last one of this name said, for the same key, with a new time.
    package mutating func renew(
        _ name: String, days: Int64, at now: Timestamp, random: inout some RandomSource
    ) throws(AuthorityFailure) -> Certificate {
        guard let record = records.last(where: { $0.name == name }) else { throw .unknownName(name) }
        guard !record.isRevoked else { throw .alreadyRevoked(name) }
        let file = AuthorityFile.certificate(of: fileName(name))
        let old = try Self.certificate(file, storage)
        guard case .success(let key) = old.publicKey else { throw .unknownName(name) }
        var template = CertificateTemplate.peer(
            old.subject, key, try validity(now, days), names: old.extensions.alternativeNames)
        template.crlLocations = old.extensions.crlLocations
        template.ocspLocations = old.extensions.ocspLocations
        let certificate = try signed(template, random: &random)
        try add(certificate, name)
        do throws(StorageFailure) {
            try storage.write(certificate.pem, to: file)
        } catch { throw .storage(error) }
        return certificate
    }

    /// Notes that certificates are not to be believed any more; the CRL is to be written after it.
    ///
    /// - Parameter title: a name, for all its certificates, or a serial number.
    /// - Returns: how many were revoked.
    package mutating func revoke(
        _ title: String, _ reason: RevocationReason, at now: Timestamp
    ) throws(AuthorityFailure) -> Int {
        let known = records.indices.filter { records[$0].name == title || records[$0].serial == title }
        guard !known.isEmpty else { throw .unknownName(title) }
        let good = known.filter { !records[$0].isRevoked }
        guard !good.isEmpty else { throw .alreadyRevoked(title) }
        for index in good { records[index].state = .revoked(since: now, reason) }
        try writeIndex()
        return good.count
    }

    /// Signs and writes a CRL with all that is revoked and has not ended.
    package func writeRevocationList(days: Int64, at now: Timestamp) throws(AuthorityFailure)
        -> RevocationList
    {
        let revoked = records.compactMap { record -> RevokedCertificate? in
            guard case .revoked(let since, let reason) = record.state, record.end >= now,
                let serial = record.serialNumber
            else { return nil }
            return RevokedCertificate(serialNumber: serial, since: since, reason: reason)
        }
        let last = try Self.read(AuthorityFile.listDER, storage).flatMap { try? RevocationList(der: $0) }
        let number = max(now.seconds, (last?.number).map { Self.number($0) + 1 } ?? 0)
        let validity = CertificateTemplate.Validity(
            from: now, until: Timestamp(seconds: now.seconds + days * 86400))
        let der: [UInt8]
        do throws(IssueFailure) {
            der = try authority.revocationList(of: revoked, number: Int(number), validity: validity)
        } catch { throw .issue(error) }
        do throws(StorageFailure) {
            try storage.write(Array(PEM.text("X509 CRL", der).utf8), to: AuthorityFile.listPEM)
            try storage.write(der, to: AuthorityFile.listDER)
        } catch { throw .storage(error) }
        do throws(RevocationFailure) {
            return try RevocationList(der: der)
        } catch { throw .issue(.unreadable("\(error)")) }
    }

    /// How the files of a name are called: a second certificate of a revoked name must not find the first one's key.
    package func fileName(_ name: String) -> String {
        let earlier = records.count { $0.name == name && $0.isRevoked }
        return earlier == 0 ? name : "\(name)-\(earlier + 1)"
    }
}

extension AuthorityFolder {
    private mutating func add(_ certificate: Certificate, _ name: String) throws(AuthorityFailure) {
        records.append(IssueRecord(serial: certificate.serialText, name: name, end: certificate.notAfter))
        try writeIndex()
    }

    private func writeIndex() throws(AuthorityFailure) {
        let text = records.map { $0.line + "\n" }.joined()
        do throws(StorageFailure) {
            try storage.write(Array(text.utf8), to: AuthorityFile.index)
        } catch { throw .storage(error) }
    }

    private func signed(
        _ template: CertificateTemplate, random: inout some RandomSource
    ) throws(AuthorityFailure) -> Certificate {
        do throws(IssueFailure) {
            return try authority.issue(template, random: &random)
        } catch { throw .issue(error) }
    }

    private static func validity(_ now: Timestamp, _ days: Int64) -> CertificateTemplate.Validity {
        CertificateTemplate.Validity(from: Timestamp(seconds: now.seconds - skew), days: days)
    }

    /// No certificate outlives its issuer's.
    private func validity(
        _ now: Timestamp, _ days: Int64
    ) throws(AuthorityFailure) -> CertificateTemplate.Validity {
        var validity = Self.validity(now, days)
        let end = authority.certificate.notAfter
        guard now < end else { throw .authorityExpired("\(end)") }
        validity.until = min(validity.until, end)
        return validity
    }

    private static func newKey(_ kind: KeyKind) throws(AuthorityFailure) -> PrivateKey {
        do throws(KeyFailure) {
            return try PrivateKey.generate(kind)
        } catch { throw .key(error) }
    }

    private static func number(_ octets: [UInt8]) -> Int64 {
        octets.suffix(7).reduce(0) { $0 << 8 | Int64($1) }
    }

    // MARK: reading

    private static func read(
        _ name: String, _ storage: any AuthorityStorage
    ) throws(AuthorityFailure) -> [UInt8]? {
        do throws(StorageFailure) {
            return try storage.content(of: name)
        } catch { throw .storage(error) }
    }

    private static func certificate(
        _ name: String, _ storage: any AuthorityStorage
    ) throws(AuthorityFailure) -> Certificate {
        guard let content = try read(name, storage) else { throw .notMade }
        do throws(CredentialFileFailure) {
            return try CertificateFile(content, file: name).certificates[0]
        } catch { throw .file(error) }
    }

    private static func readAuthority(
        _ storage: any AuthorityStorage
    ) throws(AuthorityFailure) -> SigningAuthority {
        let certificate = try certificate(AuthorityFile.certificate, storage)
        let key: PrivateKey
        do {
            guard let secret = try storage.secret(in: AuthorityFile.key) else {
                throw AuthorityFailure.notMade
            }
            key = try PrivateKeyFile(secret, file: AuthorityFile.key).key
        } catch let failure as AuthorityFailure {
            throw failure
        } catch let failure as CredentialFileFailure {
            throw .file(failure)
        } catch {
            throw .storage(StorageFailure("\(error)"))
        }
        do throws(IssueFailure) {
            return try SigningAuthority(certificate, key)
        } catch { throw .issue(error) }
    }

    private static func readIndex(_ storage: any AuthorityStorage) throws(AuthorityFailure) -> [IssueRecord] {
        let text = String(decoding: try read(AuthorityFile.index, storage) ?? [], as: UTF8.self)
        var records: [IssueRecord] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where !line.isEmpty {
            do throws(IssueRecord.Unreadable) {
                records.append(try IssueRecord(line: line))
            } catch { throw .index(line: number + 1, error.reason) }
        }
        return records
    }
}

extension Certificate {
    /// Itself as PEM.
    package var pem: [UInt8] { Array(PEM.text("CERTIFICATE", der).utf8) }
}
