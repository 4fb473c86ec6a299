import Algorithms
import Negotiation
import SourceText

/// What a `remote` block says of one IKE version and not of the other.
extension RemoteDraft {
    /// Fills in what IKEv2 needs, and tells of what has no meaning in the versions that the block is for.
    mutating func checkVersions(_ session: Session) {
        guard policy.exchangeModes.contains(.ikev2) else {
            refuseVersion2Words(session)
            return
        }
        if !isForVersion1 { warnOfVersion1Words(session) }
        // racoon's default is off; IKEv2 looks for NAT in any case.
        if !statesNATTraversal { policy.natTraversal = .on }
        checkFragmentation(session)
        policy.suites =
            stated(session)
            ?? DefaultSuites.ike.map { suite in
                var suite = suite
                suite.origin = location.origin
                return suite
            }
    }

    private mutating func refuseVersion2Words(_ session: Session) {
        if let addressRequest, policy.requestsConfiguration {
            session.report(
                addressRequest.location.notice("'mode_cfg' accepted, not in effect yet"))
            policy.requestsConfiguration = false
        }
        for word in statedVersion2Words {
            session.report(
                word.location.error(
                    "'\(word.text)' is for IKEv2, and this remote's exchange_mode has no 'ikev2'"))
        }
        if let fragmentation, fragmentation.text != "off" {
            session.report(
                fragmentation.location.notice("'ike_frag' accepted, not in effect yet"))
        }
    }

    private func warnOfVersion1Words(_ session: Session) {
        for word in statedVersion1Words {
            let what = Self.version1Words[word.text] ?? ""
            session.report(
                word.location.warning("'\(word.text)' has no meaning in IKEv2\(what); leave it out"))
        }
        guard !suites.isEmpty, let unused = proposals.first else { return }
        session.report(
            unused.location.warning("'proposals' says what is offered: this block is not used; leave it out"))
    }

    /// Why a statement says nothing there.
    private static let version1Words = [
        "proposal_check": ": lifetimes are not negotiated, and everything else must be equal",
        "rekey": ": an IKE SA in use is always renewed, see reauthentication",
        "dpd": ": every peer answers",
        "dpd_retry": ": questions are sent again as the timer block says",
        "dpd_maxfail": ": questions are sent again as the timer block says",
    ]

    private mutating func checkFragmentation(_ session: Session) {
        switch fragmentation?.text {
        case "off":
            if let size = statedVersion2Words.first(where: { $0.text == "ike_frag_size" }) {
                session.report(size.location.warning("without 'ike_frag on' a size has no effect"))
            }
            policy.fragmentSize = nil
        case "force":
            guard let fragmentation else { return }
            session.report(
                fragmentation.location.warning(
                    "in IKEv2 only large messages are cut, and only for peers that can join them: "
                        + "'force' does what 'on' does; see ike_frag_size"))
        case .some, nil: return
        }
    }

    /// What the block says of IKEv2's algorithms; nil where it names none.
    private func stated(_ session: Session) -> [SuiteProposal]? {
        if !suites.isEmpty { return suites }
        let offered = proposals.isEmpty ? inheritedProposals : proposals
        guard !offered.isEmpty else { return nil }
        let suites = offered.compactMap { $0.suite(session) }
        if suites.isEmpty {
            session.report(location.error("this remote has no proposal that IKEv2 can use"))
        }
        return suites
    }
}

extension ProposalDraft {
    /// The same for IKEv2: the hash is both the function that keys are derived with and what protects messages.
    fileprivate func suite(_ session: Session) -> SuiteProposal? {
        guard let encryption, let prf, let group, authentication != nil else { return nil }
        let integrity = Catalogue.integrity.first { $0.ikev2 != nil && $0.hash == prf.hash && $0.isHMAC }
        guard encryption.algorithm.isForIKEv2, prf.ikev2 != nil, let integrity else {
            session.report(
                location.warning(
                    "IKEv2 has not all of \(encryption), \(prf) and \(group): this proposal is not used there"
                ))
            return nil
        }
        return SuiteProposal(
            encryption: [encryption], integrity: [integrity], prfs: [prf], keyExchange: [group],
            origin: location.origin)
    }
}

extension IntegrityAlgorithm {
    fileprivate var isHMAC: Bool {
        if case .hmac = construction { true } else { false }
    }
}
