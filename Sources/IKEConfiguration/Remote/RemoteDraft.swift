import Algorithms
import Credentials
import Negotiation
import SourceText

/// A `remote` block as it is read.
struct RemoteDraft {
    /// The header, for messages.
    var location: SourceLocation
    /// What is decided so far; starts as the parent's where there is one.
    var policy: PeerPolicy
    /// Whether the header is `remote "name"` and the address comes in a statement.
    var isNamed: Bool
    /// Where relative file names start.
    let directory: String
    var proposals: [ProposalDraft] = []
    var inheritedProposals: [ProposalDraft] = []
    /// nil until it is stated here.
    var identifiers: [Identity]?
    var hasExchangeMode = false
    var offersAggressive = false
    /// One-line proposals for IKEv2.
    var suites: [SuiteProposal] = []
    /// `mode_cfg`.
    var addressRequest: Token?
    /// `ike_frag`.
    var fragmentation: Token?
    var statesVerification = false
    var statesNATTraversal = false
    /// Statements that say something of IKEv1 alone, and of IKEv2 alone.
    var statedVersion1Words: [Token] = []
    var statedVersion2Words: [Token] = []
    var lifetime: Duration = .seconds(28800)
    var wantsPeerAddress = false
    /// Whether `remote_address anonymous` is stated.
    var isAnonymousOnPurpose = false
    /// Keys and certificates.
    var credentials: PeerCredentialPlan
    var statesAuthorities = false
    var statesCertificate = false
    /// `script`.
    var scripts: [ScriptDraft] = []
    var statesScripts = false
    /// Whether it can be used: an unusable one is kept for its name.
    var isComplete = false

    init(location: SourceLocation, name: String, match: PeerMatch, isNamed: Bool, directory: String) {
        self.location = location
        self.isNamed = isNamed
        self.directory = directory
        credentials = PeerCredentialPlan(origin: location.origin)
        policy = PeerPolicy(name: name, match: match, proposals: [], origin: location.origin)
    }

    /// Takes over everything a parent says but whom it is for.
    mutating func inherit(_ parent: RemoteDraft) {
        let (name, match, origin) = (policy.name, policy.match, policy.origin)
        policy = parent.policy
        (policy.name, policy.match, policy.origin) = (name, match, origin)
        inheritedProposals = parent.proposals.isEmpty ? parent.inheritedProposals : parent.proposals
        suites = parent.suites
        fragmentation = parent.fragmentation
        statesVerification = parent.statesVerification
        statesNATTraversal = parent.statesNATTraversal
        hasExchangeMode = parent.hasExchangeMode
        offersAggressive = parent.offersAggressive
        lifetime = parent.lifetime
        scripts = parent.scripts
        credentials = parent.credentials
        credentials.origin = origin
    }

    /// Checks the whole and reports what it lacks.
    mutating func finish(_ session: Session) {
        policy.remoteIdentities = identifiers ?? policy.remoteIdentities
        policy.localAuthentication = credentials.signs ? .signature : .preSharedKey
        policy.remoteAuthentication = credentials.expectsSignature ? [.signature] : [.preSharedKey]
        if isNamed, policy.match == .anonymous, !isAnonymousOnPurpose {
            session.report(location.warning("without a remote_address this remote is for any peer"))
        }
        isComplete = session.succeeds {
            checkExchangeMode(session)
            checkIdentifiers(session)
            checkVersions(session)
            if isForVersion1 { checkProposals(session) }
        }
    }

    var isForVersion1: Bool { policy.exchangeModes.contains { $0.version == .ikev1 } }

    private func checkExchangeMode(_ session: Session) {
        guard hasExchangeMode else {
            session.report(location.error("this remote has no exchange_mode; add 'exchange_mode ikev2;'"))
            return
        }
        if policy.exchangeModes.isEmpty {
            session.report(
                location.error("this remote has no exchange_mode in effect; add 'ikev2' or 'main'"))
        }
    }

    private mutating func checkIdentifiers(_ session: Session) {
        if wantsPeerAddress {
            if case .address(let address, _) = policy.match {
                policy.remoteIdentities.append(.address(address))
            } else {
                session.report(
                    location.error("'peers_identifier address' needs an address, or a remote with one"))
            }
        }
        // racoon's default believes whoever has the key; what is new need not.
        if policy.exchangeModes.contains(.ikev2), !statesVerification, !policy.remoteIdentities.isEmpty {
            policy.verifiesIdentity = true
        }
        guard policy.verifiesIdentity else { return }
        if policy.remoteIdentities.isEmpty {
            session.report(
                location.warning("verify_identifier is on but there is no peers_identifier: any is taken"))
        }
    }

    /// Whoever offers to sign needs a key, and somebody to believe.
    private func checkSignatures(_ offered: [ProposalDraft], _ session: Session) {
        guard let signing = offered.first(where: { $0.authentication == .rsaSignature }) else { return }
        if !credentials.signs {
            session.report(
                signing.location.error(
                    "authentication_method 'rsasig' signs with a key of ours, and this remote names none; "
                        + "add 'certificate_type x509 \"cert.pem\" \"key.pem\";'"))
        }
    }

    private mutating func checkProposals(_ session: Session) {
        let offered = proposals.isEmpty ? inheritedProposals : proposals
        guard !offered.isEmpty else {
            let hint = suites.isEmpty ? "" : "; 'proposals' is for exchange_mode ikev2 alone"
            session.report(location.error("this remote has no proposal\(hint)"))
            return
        }
        policy.proposals = offered.compactMap { $0.proposal(lifetime: lifetime) }
        if policy.proposals.isEmpty {
            let message =
                "this remote has no proposal that can be used; 'authentication_method pre_shared_key' can"
            session.report(location.error(message))
        }
        checkSignatures(offered, session)
        let groups = Set(offered.compactMap(\.group))
        if offersAggressive, groups.count > 1 {
            let names = groups.map(\.name).sorted().joined(separator: ", ")
            session.report(
                location.error(
                    "with exchange_mode aggressive all proposals have one dh_group, found \(names)"))
        }
    }
}
