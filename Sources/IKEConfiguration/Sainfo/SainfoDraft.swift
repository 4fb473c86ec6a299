import Algorithms
import Credentials
import IPsec
import Negotiation
import SourceText

/// An `sainfo` block as it is read.
struct SainfoDraft {
    /// The header, for messages.
    var location: SourceLocation
    var local: ChildSideMatch
    var remote: ChildSideMatch
    var peerIdentity: Identity?
    /// Restricted to a group of XAuth users: never used, as nobody can be in one yet.
    var isForGroup = false
    var remoteID: UInt32 = 0
    var encryption: [CipherChoice] = []
    var integrity: [IntegrityAlgorithm] = []
    var pfsGroup: KeyExchangeMethod?
    /// One-line proposals for IKEv2.
    var suites: [SuiteProposal] = []
    /// One-line proposals for AH.
    var headerSuites: [SuiteProposal] = []
    /// `esn`.
    var sequenceNumbers: [SequenceNumberWidth]?
    var statedVersion2Words: [Token] = []
    var lifetime: Duration = .seconds(28800)
    /// `compression_algorithm`, and where it is said.
    var compression: (algorithm: CompressionAlgorithm, location: SourceLocation)?
    var isComplete = false

    static let vocabulary = Vocabulary<SainfoDraft>(
        place: "in an sainfo",
        rules: [
            "pfs_group": .init { (sainfo, arguments, session) throws(Diagnostic) in
                sainfo.pfsGroup = try arguments.takeGroup(session)
            },
            "lifetime": .init { (sainfo, arguments, _) throws(Diagnostic) in
                sainfo.lifetime = try arguments.takeLifetime()
            },
            "remoteid": .init { (sainfo, arguments, _) throws(Diagnostic) in
                sainfo.remoteID = UInt32(truncatingIfNeeded: try arguments.takeNumber(0...65535, "remoteid"))
            },
            "my_identifier": .inert { (arguments) throws(Diagnostic) in try arguments.checkPhase2Identifier()
            },
            "encryption_algorithm": .init(isRepeatable: true) {
                (sainfo, arguments, session) throws(Diagnostic) in
                let phase2 = Catalogue.encryption.filter { $0.ikev1ESP != nil }
                repeat {
                    let place = arguments.location
                    let cipher = try arguments.takeCipher(among: phase2, elsewhere: "in a proposal", session)
                    sainfo.encryption = try place.appended(cipher, to: sainfo.encryption, "\(cipher)")
                } while arguments.takeOptionalPunctuation(",")
            },
            "authentication_algorithm": .init(isRepeatable: true) {
                (sainfo, arguments, session) throws(Diagnostic) in
                repeat {
                    let place = arguments.location
                    let algorithm = try arguments.takeIntegrity(session)
                    sainfo.integrity = try place.appended(algorithm, to: sainfo.integrity, algorithm.name)
                } while arguments.takeOptionalPunctuation(",")
            },
            "proposals": .init { (sainfo, arguments, session) throws(Diagnostic) in
                sainfo.statedVersion2Words.append(arguments.keyword)
                sainfo.suites = try arguments.takeSuites(for: .esp, session)
            },
            "ah_proposals": .init { (sainfo, arguments, session) throws(Diagnostic) in
                sainfo.statedVersion2Words.append(arguments.keyword)
                sainfo.headerSuites = try arguments.takeSuites(for: .ah, session)
            },
            "esn": .init { (sainfo, arguments, _) throws(Diagnostic) in
                sainfo.statedVersion2Words.append(arguments.keyword)
                sainfo.sequenceNumbers = try arguments.takeSequenceNumbers()
            },
            "compression_algorithm": .init { (sainfo, arguments, _) throws(Diagnostic) in
                sainfo.compression = (try arguments.takeCompression(), arguments.statementLocation)
            },
        ])

    /// racoon's order of precedence: the more an sainfo says about whom it is for, the earlier it is tried.
    var weight: Int {
        (remoteID != 0 ? 3 : 0) + (peerIdentity != nil || isForGroup ? 3 : 0)
            + (local == .anonymous ? 0 : 1) + (remote == .anonymous ? 0 : 1)
    }

    var policy: ChildPolicy {
        var policy = ChildPolicy(
            local: local, remote: remote, encryption: encryption, integrity: integrity, pfsGroup: pfsGroup,
            lifetime: lifetime, peerIdentity: peerIdentity, remoteID: remoteID, origin: location.origin)
        policy.statedSuites = suites
        policy.statedHeaderSuites = headerSuites
        policy.compression = compression?.algorithm
        policy.sequenceNumbers = sequenceNumbers ?? DefaultSuites.sequenceNumbers
        return policy
    }

    /// Whether another one is for exactly the same.
    func isSame(as other: SainfoDraft) -> Bool {
        local == other.local && remote == other.remote && peerIdentity == other.peerIdentity
            && isForGroup == other.isForGroup && remoteID == other.remoteID
    }

    /// Checks the whole and reports what it lacks.
    mutating func finish(_ session: Session) {
        isComplete = session.succeeds {
            if let esn = statedVersion2Words.first(where: { $0.text == "esn" }), !suites.isEmpty {
                session.report(esn.location.error("'proposals' says it for each proposal: 'esn' or 'noesn'"))
            }
            if integrity.isEmpty, let bare = encryption.first(where: { !$0.algorithm.isAEAD }) {
                session.report(
                    location.error("this sainfo has no authentication_algorithm, which \(bare) needs"))
            }
            if isForGroup {
                session.report(
                    location.notice("sainfo with 'group' accepted, not in effect yet: it is not used"))
            }
        }
    }
}

extension SourceLocation {
    /// Adds an element that is not in a list yet.
    fileprivate func appended<Element: Equatable>(
        _ element: Element, to list: [Element], _ name: String
    ) throws(Diagnostic) -> [Element] {
        guard !list.contains(element) else { throw error("\(name) is in the list already") }
        return list + [element]
    }
}

extension Arguments {
    /// Takes the widths of sequence numbers that are agreed to, the preferred first.
    fileprivate mutating func takeSequenceNumbers() throws(Diagnostic) -> [SequenceNumberWidth] {
        switch try takeChoice(["on", "off", "require"]).text {
        case "off": [.short]
        case "require": [.extended]
        default: DefaultSuites.sequenceNumbers
        }
    }

    /// Takes a list, of which deflate alone is there.
    fileprivate mutating func takeCompression() throws(Diagnostic) -> CompressionAlgorithm {
        repeat {
            let word = try takeChoice(["deflate", "oui", "lzs"])
            guard word.text == "deflate" else {
                throw word.location.error("'\(word.text)' is not supported by swiftike; use 'deflate'")
            }
        } while takeOptionalPunctuation(",")
        return .deflate
    }

    fileprivate mutating func checkPhase2Identifier() throws(Diagnostic) {
        _ = try takeChoice(["address", "fqdn", "user_fqdn", "keyid", "asn1dn"])
        if takeOptionalString() == nil, isAtAddress { advance() }
    }
}
