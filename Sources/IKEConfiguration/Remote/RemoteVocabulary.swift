import Credentials
import Negotiation
import SourceText

extension RemoteDraft {
    static let vocabulary = Vocabulary<RemoteDraft>(
        place: "in a remote block",
        rules: exchangeRules.merging(identityRules) { first, _ in first }
            .merging(behaviourRules) { first, _ in first }
            .merging(certificateRules) { first, _ in first }
            .merging(scriptRules) { first, _ in first })

    private static let exchangeRules: [String: Vocabulary<RemoteDraft>.Rule] = [
        "remote_address": .init { (remote, arguments, _) throws(Diagnostic) in
            try remote.takeRemoteAddress(&arguments)
        },
        "exchange_mode": .init { (remote, arguments, session) throws(Diagnostic) in
            try remote.takeExchangeModes(&arguments, session)
        },
        "doi": .init { (_, arguments, _) throws(Diagnostic) in _ = try arguments.takeChoice(["ipsec_doi"]) },
        "situation": .init { (_, arguments, _) throws(Diagnostic) in
            let word = try arguments.takeChoice(["identity_only", "secrecy", "integrity"])
            guard word.text == "identity_only" else {
                throw word.location.error("'\(word.text)' is not supported by swiftike; use 'identity_only'")
            }
        },
        "lifetime": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.lifetime = try arguments.takeLifetime()
            remote.policy.ikeLifetime = remote.lifetime
        },
        "proposal_check": .init { (remote, arguments, _) throws(Diagnostic) in
            let word = try arguments.takeChoice(["obey", "strict", "claim", "exact"])
            remote.policy.proposalCheck = ProposalCheck(rawValue: word.text) ?? .strict
            remote.statedVersion1Words.append(arguments.keyword)
        },
        "proposal": .init(isRepeatable: true) { (remote, arguments, session) throws(Diagnostic) in
            try remote.takeProposal(&arguments, session)
        },
        "proposals": .init { (remote, arguments, session) throws(Diagnostic) in
            remote.statedVersion2Words.append(arguments.keyword)
            remote.suites = try arguments.takeSuites(for: .ike, session)
        },
        "dh_group": .init(isRepeatable: true) { (_, arguments, _) throws(Diagnostic) in
            throw arguments.keyword.location.error("'dh_group' belongs in a proposal")
        },
        "nonce_size": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.nonceSize = try arguments.takeNumber(8...256, "nonce size")
        },
        "ph1id": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.phase1ID = UInt32(truncatingIfNeeded: try arguments.takeNumber(0...65535, "ph1id"))
        },
    ]

    private static let identityRules: [String: Vocabulary<RemoteDraft>.Rule] = [
        "my_identifier": .init { (remote, arguments, session) throws(Diagnostic) in
            switch try arguments.takeIdentifier(in: remote.directory, session) {
            case .ownAddress: remote.policy.localIdentity = nil
            case .identity(let identity):
                remote.policy.localIdentity = identity
                if IdentityPattern(identity).isForMany {
                    session.report(
                        arguments.keyword.location.warning("'*' stands for itself in my_identifier"))
                }
            case .ownSubject:
                remote.credentials.identity = .subject
                return
            }
            remote.credentials.identity = .stated
        },
        "peers_identifier": .init(isRepeatable: true) { (remote, arguments, session) throws(Diagnostic) in
            remote.identifiers = remote.identifiers ?? []
            switch try arguments.takeIdentifier(in: remote.directory, session) {
            case .ownAddress: remote.wantsPeerAddress = true
            case .identity(let identity):
                remote.identifiers?.append(identity)
                if identity.hasIdleWildcard {
                    session.report(
                        arguments.keyword.location.warning(
                            "'*' stands for itself there; for many peers write \"*.example.org\" or "
                                + "\"*@example.org\", or \"*\" alone for any"))
                }
            case .ownSubject:
                throw arguments.keyword.location.error(
                    "the peer's subject is not known beforehand; write: peers_identifier asn1dn \"C=CH, O=…\", "
                        + "with * for any value")
            }
        },
        "verify_identifier": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.verifiesIdentity = try arguments.takeSwitch()
            remote.statesVerification = true
        },
    ]

    private static let behaviourRules: [String: Vocabulary<RemoteDraft>.Rule] = [
        "initial_contact": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.sendsInitialContact = try arguments.takeSwitch()
        },
        "passive": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.isPassive = try arguments.takeSwitch()
        },
        "support_proxy": .inertSwitch(usually: "off"),
        "generate_policy": .init { (remote, arguments, _) throws(Diagnostic) in
            let word = try arguments.takeChoice(["on", "off", "require", "unique"])
            remote.policy.generatesPolicies = word.text != "off"
        },
        "nat_traversal": .init { (remote, arguments, _) throws(Diagnostic) in
            let word = try arguments.takeChoice(["on", "off", "force"])
            remote.policy.natTraversal = NATTraversal(rawValue: word.text) ?? .off
            remote.statesNATTraversal = true
        },
        "ike_frag": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.fragmentation = try arguments.takeChoice(["on", "off", "force"])
        },
        "ike_frag_size": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.statedVersion2Words.append(arguments.keyword)
            remote.policy.fragmentSize = try arguments.takeNumber(576...65000, "size in octets")
        },
        "esp_frag": .inert { (arguments) throws(Diagnostic) in
            _ = try arguments.takeNumber(256...65535, "fragment size")
        },
        "dpd": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.deadPeerDetection.isAnnounced = try arguments.takeSwitch()
            remote.statedVersion1Words.append(arguments.keyword)
        },
        "dpd_delay": .init { (remote, arguments, _) throws(Diagnostic) in
            let seconds = try arguments.takeNumber(0...86400, "delay in seconds")
            remote.policy.deadPeerDetection.delay = seconds == 0 ? nil : .seconds(seconds)
        },
        "dpd_retry": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.deadPeerDetection.retry = .seconds(
                try arguments.takeNumber(1...3600, "time in seconds"))
            remote.statedVersion1Words.append(arguments.keyword)
        },
        "dpd_maxfail": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.deadPeerDetection.maximumFailures =
                try arguments.takeNumber(1...1000, "number of failures")
            remote.statedVersion1Words.append(arguments.keyword)
        },
        "rekey": .init { (remote, arguments, _) throws(Diagnostic) in
            let word = try arguments.takeChoice(["on", "off", "force"])
            remote.policy.rekey = PhaseOneRekey(rawValue: word.text) ?? .on
            remote.statedVersion1Words.append(arguments.keyword)
        },
        "reauthentication": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.statedVersion2Words.append(arguments.keyword)
            remote.policy.renewal = try arguments.takeSwitch() ? .reauthenticate : .rekey
        },
        "childless": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.statedVersion2Words.append(arguments.keyword)
            let word = try arguments.takeChoice(ChildlessPolicy.allCases.map(\.rawValue))
            remote.policy.childless = ChildlessPolicy(rawValue: word.text) ?? .allow
        },
        "mode_cfg": .init { (remote, arguments, _) throws(Diagnostic) in
            remote.policy.requestsConfiguration = try arguments.takeSwitch()
            remote.addressRequest = arguments.keyword
        },
        "weak_phase1_check": .inertSwitch(usually: "off"),
        "xauth_login": .inert { (arguments) throws(Diagnostic) in _ = try arguments.takeString("a login name")
        },
    ]
}

extension RemoteDraft {
    fileprivate mutating func takeRemoteAddress(_ arguments: inout Arguments) throws(Diagnostic) {
        guard isNamed else {
            throw arguments.keyword.location.error(
                "the header names the address; 'remote_address' is for named blocks")
        }
        policy.match = try arguments.takePeer()
        isAnonymousOnPurpose = policy.match == .anonymous
    }

    /// `ikev2, main, aggressive, base`, commas optional.
    fileprivate mutating func takeExchangeModes(
        _ arguments: inout Arguments, _ session: Session
    ) throws(Diagnostic) {
        hasExchangeMode = true
        offersAggressive = false
        policy.exchangeModes = []
        repeat {
            let word = try arguments.takeChoice(Arguments.exchangeModes)
            guard let mode = ExchangeMode(rawValue: word.text) else { continue }
            switch mode {
            case .main, .ikev2:
                if !policy.exchangeModes.contains(mode) { policy.exchangeModes.append(mode) }
            case .aggressive, .base:
                offersAggressive = offersAggressive || mode == .aggressive
                session.report(
                    word.location.notice("exchange_mode '\(word.text)' accepted, not in effect yet"))
            }
        } while arguments.takeOptionalPunctuation(",") || arguments.isAtExchangeMode
    }

    fileprivate mutating func takeProposal(_ arguments: inout Arguments, _ session: Session)
        throws(Diagnostic)
    {
        let block = try arguments.takeBlock()
        let location = arguments.keyword.location
        var proposal = ProposalDraft(location: location)
        let isClean = session.succeeds { ProposalDraft.vocabulary.apply(block, to: &proposal, session) }
        let missing = proposal.missing()
        if isClean, !missing.isEmpty {
            session.report(location.error("this proposal lacks \(missing.joined(separator: ", "))"))
        }
        if let method = proposal.foreignMethod {
            let message =
                "authentication_method '\(method.text)' accepted, not in effect yet: this proposal is not used"
            session.report(method.location.notice(message))
        }
        proposals.append(proposal)
    }
}

extension Arguments {
    fileprivate var isAtExchangeMode: Bool {
        guard let next else { return false }
        return Self.exchangeModes.contains { next.isWord($0) }
    }

    fileprivate static let exchangeModes = ["main", "aggressive", "base", "ikev2"]

    /// Takes `anonymous` or an address, then perhaps `[port]`.
    mutating func takePeer() throws(Diagnostic) -> PeerMatch {
        if takeOptionalWord("anonymous") != nil {
            _ = try takePort()
            return .anonymous
        }
        let scoped = try takeAddress("an address or 'anonymous'")
        guard scoped.interface == nil else {
            throw scoped.token.location.error(
                "a peer's address with an interface is not supported by swiftike yet")
        }
        let port = try takePort() ?? 0
        return .address(scoped.address, port: port == 0 ? nil : port)
    }
}

extension Identity {
    /// Whether it has an asterisk where that is no wildcard, which its writer may believe.
    fileprivate var hasIdleWildcard: Bool {
        switch self {
        case .fqdn(let name), .userFQDN(let name): name.contains("*") && !IdentityPattern(self).isForMany
        case .address, .keyID, .distinguishedName, .other: false
        }
    }
}
