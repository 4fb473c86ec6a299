import Calendar
import ControlProtocol
import Credentials
import Cryptography

/// Puts the report on what is loaded together.
struct CertificateAssembly {
    let entries: [CredentialEntry]
    let cache: RevocationCache
    let moment: Timestamp

    var records: [CertificateRecord] {
        let order: [CredentialEntry.Role] = [.own, .peer, .authority, .intermediate]
        return order.flatMap { role in entries.filter { $0.role == role } }.map(record)
    }

    private func record(_ entry: CredentialEntry) -> CertificateRecord {
        var record = CertificateRecord(role: entry.role.rawValue, file: entry.file, status: status(entry))
        record.key = entry.key?.description
        record.users = entry.users
        guard let certificate = entry.certificate else { return record }
        record.subject = certificate.title
        record.issuer = "\(certificate.issuer)"
        record.serial = certificate.serialText
        record.names = certificate.confirmedIdentities.compactMap { identity in
            if case .distinguishedName = identity { nil } else { "\(identity)" }
        }
        record.from = certificate.notBefore
        record.until = certificate.notAfter
        record.fingerprint = certificate.fingerprint
        return record
    }

    private func status(_ entry: CredentialEntry) -> String {
        guard let certificate = entry.certificate else { return "good" }
        if case .failure(let failure) = certificate.publicKey { return "\(failure)" }
        if certificate.notAfter < moment { return "expired" }
        if moment < certificate.notBefore { return "not yet valid" }
        guard !certificate.isSelfIssued else { return "good" }
        let issuers = entries.compactMap(\.certificate).filter { $0.subject == certificate.issuer }
        let statuses = issuers.map { cache.status(of: certificate, issuer: $0, at: moment) }
        let known = statuses.first { if case .unknown = $0 { false } else { true } }
        switch known {
        case .revoked(let since, let reason): return "revoked at \(since) (\(reason))"
        case .good(let source, let until): return "good (\(source.rawValue) until \(until))"
        case .unknown, nil: return "good, revocation not known"
        }
    }
}
