package import Credentials
package import Cryptography

/// Why a command to an authority's folder was not carried out.
package enum AuthorityFailure: Error, Hashable, Sendable {
    case storage(StorageFailure)
    /// A file of the authority is not what it should be.
    case file(CredentialFileFailure)
    case key(KeyFailure)
    case issue(IssueFailure)
    /// There is an authority in the folder already.
    case alreadyMade
    /// There is none.
    case notMade
    /// A line of the index cannot be read.
    case index(line: Int, String)
    /// Names become names of files: this one cannot.
    case unusableName(String)
    case nameTaken(String)
    case unknownName(String)
    case alreadyRevoked(String)
    /// The certificate of the authority ends before one of this day could begin.
    case authorityExpired(String)
}

extension AuthorityFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .storage(let failure): "\(failure)"
        case .file(let failure): "\(failure)"
        case .key(let failure): "\(failure)"
        case .issue(let failure): "\(failure)"
        case .alreadyMade:
            "there is an authority in this folder already (\(AuthorityFile.certificate)); name another folder, and "
                + "do not make a second one where peers trust the first"
        case .notMade: "there is no authority in this folder; make one: swiftikectl ca init"
        case .index(let line, let reason):
            "\(AuthorityFile.index):\(line): \(reason); each line is SERIAL NAME END good, or revoked SINCE REASON"
        case .unusableName(let name):
            "\"\(name)\" cannot be a name: use letters, digits and . - _ @ (64 at most, no . at the front), and put "
                + "anything else into --subject, --dns, --ip or --email"
        case .nameTaken(let name):
            "there is a certificate \"\(name)\" already; renew it with --renew, or revoke it first"
        case .unknownName(let name):
            "no certificate here has the name or the serial number \"\(name)\"; see \(AuthorityFile.index)"
        case .alreadyRevoked(let name):
            "\"\(name)\" is revoked already; without --renew, a new one of that name can be issued"
        case .authorityExpired(let end):
            "the certificate of the authority ended at \(end); make a new authority in another folder"
        }
    }
}

/// The files of an authority's folder.
package enum AuthorityFile {
    package static let certificate = "ca.pem"
    package static let key = "private/ca.pem"
    package static let index = "index.txt"
    /// The list in PEM, for files; and in DER, for HTTP (RFC 5280 section 4.2.1.13).
    package static let listPEM = "crl.pem"
    package static let listDER = "crl.der"

    package static func certificate(of name: String) -> String { "certs/\(name).pem" }
    package static func key(of name: String) -> String { "private/\(name).pem" }
}
