import ArgumentParser
import Calendar
import CertificateAuthority
import ControlProtocol
import Credentials
import Cryptography
import Glibc
import IPsec
import LinuxIO

extension ControlTool {
    /// A small PKI: enough for a first deployment, and for tests.
    struct Authority: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ca", abstract: "Make a small certificate authority, and certificates of it.",
            subcommands: [Make.self, Issue.self, Revoke.self, WriteList.self])
    }
}

/// In which folder an authority is.
struct AuthorityOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The authority's folder.", valueName: "folder"))
    var directory = "/etc/swiftike/ca"

    var storage: LocalAuthorityStorage { LocalAuthorityStorage(directory: directory) }

    /// Runs a command; a failure is told on standard error and ends the program.
    func perform(_ body: () throws(AuthorityFailure) -> Void) throws {
        umask(0o022)
        do throws(AuthorityFailure) {
            try body()
        } catch {
            Standard.complain("\(directory): " + TerminalText.escapedLines(error.description))
            throw ExitCode(error.exitStatus)
        }
    }

    static var now: Timestamp { Timestamp(seconds: WallClock.now) }

    static func checkDays(_ days: Int64) throws {
        guard (1...36500).contains(days) else {
            throw ValidationError("--days takes a number from 1 to 36500.")
        }
    }

    static func kind(_ word: String) throws -> KeyKind {
        guard let found = KeyKind.keywords.first(where: { $0.word == word }) else {
            throw ValidationError("--key takes \(KeyKind.keywords.map(\.word).joined(separator: ", ")).")
        }
        return found.kind
    }

    static func name(_ text: String) throws -> DistinguishedName {
        do throws(DistinguishedNameError) {
            return try DistinguishedName(text)
        } catch { throw ValidationError("--subject: \(error.description)") }
    }
}

extension ControlTool.Authority {
    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Make a new authority: its key, its certificate, an empty CRL.")

        @OptionGroup var options: AuthorityOptions
        @Option(help: ArgumentHelp("Its name, such as \"O=Example, CN=Example CA\".", valueName: "name"))
        var subject: String
        @Option(help: ArgumentHelp("The kind of key.", valueName: "kind"))
        var key = KeyKind.keywords[0].word
        @Option(help: ArgumentHelp("For how many days it is good.", valueName: "days"))
        var days: Int64 = 3650

        func validate() throws {
            try AuthorityOptions.checkDays(days)
            _ = try AuthorityOptions.kind(key)
            _ = try AuthorityOptions.name(subject)
        }

        func run() throws {
            let (name, kind) = (try AuthorityOptions.name(subject), try AuthorityOptions.kind(key))
            var random = SystemRandom()
            try options.perform { () throws(AuthorityFailure) in
                let now = AuthorityOptions.now
                let folder = try AuthorityFolder.make(
                    name, kind, days: days, in: options.storage, at: now, random: &random)
                _ = try folder.writeRevocationList(days: WriteList.usualDays, at: now)
                let certificate = folder.authority.certificate
                print("made \(certificate.title), good until \(certificate.notAfter)")
                print("certificate: \(options.directory)/\(AuthorityFile.certificate) (for every peer)")
                print("key: \(options.directory)/\(AuthorityFile.key) (for nobody; keep a copy offline)")
                print("SHA-256: \(certificate.fingerprint)")
            }
        }
    }

    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and a certificate for a host or a user.")

        @OptionGroup var options: AuthorityOptions
        @Argument(help: "What the files are called; the common name, unless --subject gives one.")
        var name: String
        @Option(help: ArgumentHelp("Its whole name.", valueName: "name"))
        var subject: String?
        @Option(help: ArgumentHelp("A host name that it confirms.", valueName: "host"))
        var dns: [String] = []
        @Option(help: ArgumentHelp("An address that it confirms.", valueName: "address"))
        var ip: [String] = []
        @Option(help: ArgumentHelp("A mailbox that it confirms.", valueName: "mailbox"))
        var email: [String] = []
        @Option(help: ArgumentHelp("The kind of key.", valueName: "kind"))
        var key = KeyKind.keywords[0].word
        @Option(help: ArgumentHelp("For how many days it is good.", valueName: "days"))
        var days: Int64 = 730
        @Option(help: ArgumentHelp("Where peers can fetch the CRL.", valueName: "url"))
        var crlURL: [String] = []
        @Option(help: ArgumentHelp("Where an OCSP responder is.", valueName: "url"))
        var ocspURL: [String] = []
        @Flag(help: "Make a new certificate of what this name has, for the same key.")
        var renew = false

        func validate() throws {
            try AuthorityOptions.checkDays(days)
            _ = try request()
            let isChanged =
                subject != nil || !(dns + ip + email + crlURL + ocspURL).isEmpty
                || key != KeyKind.keywords[0].word
            guard !renew || !isChanged else {
                throw ValidationError("--renew keeps everything but the time; only --days goes with it.")
            }
        }

        private func request() throws -> IssueRequest {
            var request = IssueRequest(name: name)
            request.subject = try subject.map(AuthorityOptions.name)
            request.keyKind = try AuthorityOptions.kind(key)
            request.days = days
            request.alternativeNames =
                try dns.map { .dns(try Self.printable($0, "--dns")) }
                + ip.map { text in
                    guard let address = IPAddress(text) else {
                        throw ValidationError("--ip takes an IPv4 or IPv6 address, not \"\(text)\".")
                    }
                    return .address(address)
                } + email.map { .email(try Self.printable($0, "--email")) }
            for location in crlURL + ocspURL {
                guard location.hasPrefix("http://"), location.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
                else {
                    throw ValidationError(
                        "a location starts with http:// (what is there is signed itself), not \"\(location)\"."
                    )
                }
            }
            request.crlLocations = crlURL
            request.ocspLocations = ocspURL
            return request
        }

        private static func printable(_ text: String, _ option: String) throws -> String {
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw ValidationError("\(option) takes printable ASCII without blanks.")
            }
            guard !text.contains("*") else {
                throw ValidationError("\(option) takes whole names; one with * in it confirms nobody.")
            }
            return text
        }

        func run() throws {
            let request = try request()
            var random = SystemRandom()
            try options.perform { () throws(AuthorityFailure) in
                var folder = try AuthorityFolder(options.storage)
                let now = AuthorityOptions.now
                let certificate =
                    renew
                    ? try folder.renew(name, days: days, at: now, random: &random)
                    : try folder.issue(request, at: now, random: &random)
                let file = folder.fileName(name)
                let names = certificate.confirmedIdentities.map(Self.text)
                print("issued \(certificate.title), good until \(certificate.notAfter)")
                print("confirms: \(names.joined(separator: "; "))")
                print("certificate: \(options.directory)/\(AuthorityFile.certificate(of: file))")
                print("key: \(options.directory)/\(AuthorityFile.key(of: file)) (for that host alone)")
                print("serial number: \(certificate.serialText)")
            }
        }

        /// An identity as a configuration writes it.
        private static func text(_ identity: Identity) -> String {
            switch identity {
            case .distinguishedName(let der):
                (try? DistinguishedName(der: der)).map { "asn1dn \"\($0)\"" } ?? "\(identity)"
            case .fqdn(let name): "fqdn \"\(name)\""
            case .userFQDN(let name): "user_fqdn \"\(name)\""
            case .address(let address): "address \(address)"
            case .keyID, .other: "\(identity)"
            }
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Declare certificates no longer good, and sign a CRL that says so.")

        @OptionGroup var options: AuthorityOptions
        @Argument(help: "The name of the certificate, or its serial number.")
        var name: String
        @Option(help: ArgumentHelp("Why, in the words of RFC 5280.", valueName: "reason"))
        var reason = RevocationReason.unspecified.keyword
        @Option(help: ArgumentHelp("For how many days the CRL is good.", valueName: "days"))
        var days = WriteList.usualDays

        func validate() throws {
            try AuthorityOptions.checkDays(days)
            guard RevocationReason(keyword: reason) != nil else {
                let words = RevocationReason.allCases.filter { $0 != .removeFromCRL }.map(\.keyword)
                throw ValidationError("--reason takes \(words.joined(separator: ", ")).")
            }
        }

        func run() throws {
            try options.perform { () throws(AuthorityFailure) in
                var folder = try AuthorityFolder(options.storage)
                let now = AuthorityOptions.now
                let count = try folder.revoke(
                    name, RevocationReason(keyword: reason) ?? .unspecified, at: now)
                print("revoked \(name): \(count) certificate\(count == 1 ? "" : "s")")
                WriteList.announce(try folder.writeRevocationList(days: days, at: now), options)
            }
        }
    }

    struct WriteList: ParsableCommand {
        static let usualDays: Int64 = 30
        static let configuration = CommandConfiguration(
            commandName: "crl", abstract: "Sign a new CRL, before the last one ends.")

        @OptionGroup var options: AuthorityOptions
        @Option(help: ArgumentHelp("For how many days it is good.", valueName: "days"))
        var days = Self.usualDays

        func validate() throws { try AuthorityOptions.checkDays(days) }

        func run() throws {
            try options.perform { () throws(AuthorityFailure) in
                let folder = try AuthorityFolder(options.storage)
                Self.announce(try folder.writeRevocationList(days: days, at: AuthorityOptions.now), options)
            }
        }

        static func announce(_ list: RevocationList, _ options: AuthorityOptions) {
            print(
                "CRL: \(options.directory)/\(AuthorityFile.listPEM) and \(AuthorityFile.listDER), "
                    + "\(list.count) revoked, good until \(list.freshness.end)")
        }
    }
}

extension AuthorityFailure {
    /// What the program ends with, after sysexits(3).
    fileprivate var exitStatus: Int32 {
        switch self {
        case .unusableName, .nameTaken, .unknownName, .alreadyRevoked: 64
        case .file, .index, .issue, .key, .authorityExpired: 65
        case .notMade: 66
        case .alreadyMade: 73
        case .storage: 74
        }
    }
}
