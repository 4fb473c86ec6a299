import Credentials
import Negotiation
import SourceText

/// Statements about keys and certificates; names of files start in the folder of `path certificate`.
extension RemoteDraft {
    static let certificateRules: [String: Vocabulary<RemoteDraft>.Rule] = [
        "certificate_type": .init(isRepeatable: true) { (remote, arguments, _) throws(Diagnostic) in
            try remote.takeOwnCredential(&arguments)
        },
        "ca_type": .init(isRepeatable: true) { (remote, arguments, _) throws(Diagnostic) in
            _ = try arguments.takeChoice(["x509"])
            // What is stated here replaces what was inherited.
            if !remote.statesAuthorities { remote.credentials.authorities = [] }
            remote.statesAuthorities = true
            remote.credentials.authorities.append(try arguments.takeFileName("a certificate file"))
        },
        "peers_certfile": .init { (remote, arguments, _) throws(Diagnostic) in
            try remote.takePinnedCredential(&arguments)
        },
        "verify_cert": .init { (remote, arguments, session) throws(Diagnostic) in
            remote.credentials.check = try arguments.takeSwitch() ? .full : .none
            guard remote.credentials.check == .none else { return }
            session.report(
                arguments.keyword.location.warning(
                    "with 'verify_cert off' whoever has any certificate is believed; name the peer's own with "
                        + "peers_certfile instead"))
        },
        "accept_tls_cert": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.credentials.tlsPurposes = try arguments.takeSwitch() ? .tolerated : .refused
        },
        "send_cert": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.credentials.certificates = try arguments.takeSwitch() ? .on : .off
        },
        "send_cr": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.credentials.requests = try arguments.takeSwitch() ? .on : .off
        },
        "match_empty_cr": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.matchesEmptyRequest = try arguments.takeSwitch()
        },
        "revocation": .init { (remote, arguments, _) throws(Diagnostic) in
            let word = try arguments.takeChoice(RevocationPolicy.allCases.map(\.rawValue))
            remote.credentials.revocation = RevocationPolicy(rawValue: word.text) ?? .strict
        },
    ]

    private static let rawKinds = [
        PeerCredentialPlan.RawKeyKind.rsa.rawValue, PeerCredentialPlan.RawKeyKind.any.rawValue,
    ]

    /// `x509 "CERT" "KEY"`, `pkcs12 "FILE"`, `plain_rsa "KEY"` or `raw "KEY"`, then perhaps `passphrase "FILE"`.
    ///
    /// What is stated in a block replaces what was inherited; further ones are for peers that ask for them.
    private mutating func takeOwnCredential(_ arguments: inout Arguments) throws(Diagnostic) {
        var stated = PeerCredentialPlan.Alternative(try Self.takeOwn(&arguments))
        if arguments.takeOptionalWord("passphrase") != nil {
            stated.passphrase = try arguments.takeFileName("the file of the passphrase")
        }
        if statesCertificate {
            credentials.alternatives.append(stated)
        } else {
            (credentials.own, credentials.passphrase) = (stated.own, stated.passphrase)
            credentials.alternatives = []
        }
        statesCertificate = true
    }

    private static func takeOwn(_ arguments: inout Arguments) throws(Diagnostic) -> PeerCredentialPlan.Own {
        let kind = try arguments.takeChoice(["x509", "pkcs12"] + rawKinds)
        switch kind.text {
        case "x509":
            let certificate = try arguments.takeFileName("a certificate file")
            return .certificate(file: certificate, key: try arguments.takeFileName("a key file"))
        case "pkcs12": return .bundle(file: try arguments.takeFileName("a PKCS#12 file"))
        default:
            let rawKind = PeerCredentialPlan.RawKeyKind(rawValue: kind.text) ?? .any
            return .rawKey(file: try arguments.takeFileName("a key file"), rawKind)
        }
    }

    /// `x509 "FILE"`, `plain_rsa "FILE"`, `raw "FILE"`, or racoon's old form, the file alone.
    private mutating func takePinnedCredential(_ arguments: inout Arguments) throws(Diagnostic) {
        if let file = arguments.takeOptionalString() {
            credentials.pinned = .certificate(file: file.text)
            return
        }
        let kind = try arguments.takeChoice(["x509", "dnssec"] + Self.rawKinds)
        guard kind.text != "dnssec" else {
            throw kind.location.error(
                "'dnssec' is not supported by swiftike: nothing here can tell a signed answer from a forged one; "
                    + "name a file")
        }
        let file = try arguments.takeFileName("a file")
        if let rawKind = PeerCredentialPlan.RawKeyKind(rawValue: kind.text) {
            credentials.pinned = .rawKey(file: file, rawKind)
        } else {
            credentials.pinned = .certificate(file: file)
        }
    }
}

extension Arguments {
    fileprivate mutating func takeFileName(_ what: String) throws(Diagnostic) -> String {
        let token = try takeString(what)
        guard !token.text.isEmpty else { throw token.location.error("the name of \(what) is empty") }
        return token.text
    }
}
