import Algorithms
import Negotiation
import SourceText

/// A `proposal` block as it is read.
struct ProposalDraft {
    var location: SourceLocation
    var encryption: CipherChoice?
    var prf: PseudorandomFunction?
    var group: KeyExchangeMethod?
    var authentication: OakleyAuthentication?
    /// A method that is known but cannot be used yet.
    var foreignMethod: Token?
    var lifetime: Duration?

    /// racoon's words for what this program cannot do yet.
    private static let foreignMethods = [
        "dsssig", "rsaenc", "rsarev", "gssapi_krb",
        "hybrid_rsa_server", "hybrid_rsa_client", "hybrid_dss_server", "hybrid_dss_client",
        "xauth_psk_server", "xauth_psk_client", "xauth_rsa_server", "xauth_rsa_client",
    ]

    init(location: SourceLocation) {
        self.location = location
    }

    static let vocabulary = Vocabulary<ProposalDraft>(
        place: "in a proposal",
        rules: [
            "encryption_algorithm": .init { (proposal, arguments, session) throws(Diagnostic) in
                let phase1 = Catalogue.encryption.filter { $0.ikev1Phase1 != nil }
                proposal.encryption =
                    try arguments.takeCipher(among: phase1, elsewhere: "in an sainfo", session)
            },
            "hash_algorithm": .init { (proposal, arguments, session) throws(Diagnostic) in
                proposal.prf = try arguments.takeHash(session)
            },
            "authentication_method": .init { (proposal, arguments, _) throws(Diagnostic) in
                let methods = OakleyAuthentication.allCases
                let word = try arguments.takeChoice(methods.map(\.keyword) + foreignMethods)
                proposal.authentication = methods.first { $0.keyword == word.text }
                proposal.foreignMethod = proposal.authentication == nil ? word : nil
            },
            "dh_group": .init { (proposal, arguments, session) throws(Diagnostic) in
                proposal.group = try arguments.takeGroup(session)
            },
            "lifetime": .init { (proposal, arguments, _) throws(Diagnostic) in
                proposal.lifetime = try arguments.takeLifetime()
            },
            "gss_id": .inert { (arguments) throws(Diagnostic) in
                _ = try arguments.takeString("a GSS-API name")
            },
        ])

    /// What a proposal must say and this one does not.
    func missing() -> [String] {
        var names: [String] = []
        if encryption == nil { names.append("encryption_algorithm") }
        if prf == nil { names.append("hash_algorithm") }
        if authentication == nil, foreignMethod == nil { names.append("authentication_method") }
        if group == nil { names.append("dh_group") }
        return names
    }

    /// The offer; nil if it cannot be made.
    func proposal(lifetime standard: Duration) -> IKEProposal? {
        guard let encryption, let prf, let group, let authentication else { return nil }
        return IKEProposal(
            encryption: encryption, prf: prf, group: group, authentication: authentication,
            lifetime: lifetime ?? standard, origin: location.origin)
    }
}
