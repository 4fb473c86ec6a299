import Credentials
import IPsec
import Negotiation
import SourceText

extension Document {
    /// Takes a header, `sainfo (ID|anonymous) [ID|anonymous|clientaddr] [from TYPE ["value"]] [group "g"]`, and block.
    mutating func takeSainfo(_ arguments: inout Arguments, _ session: Session) throws(Diagnostic) {
        var sainfo = try takeSainfoHeader(&arguments, session)
        let block = try arguments.takeBlock()
        let isClean = session.succeeds { SainfoDraft.vocabulary.apply(block, to: &sainfo, session) }
        if isClean { sainfo.finish(session) }
        if let first = sainfos.first(where: { $0.isSame(as: sainfo) }) {
            session.report(
                sainfo.location.error("an sainfo for the same is there already, at \(first.location.origin)"))
        }
        sainfos.append(sainfo)
    }

    private func takeSainfoHeader(
        _ arguments: inout Arguments, _ session: Session
    ) throws(Diagnostic) -> SainfoDraft {
        let local = try arguments.takeSide(session)
        var remote = ChildSideMatch.anonymous
        if arguments.takeOptionalWord("clientaddr") != nil {
            remote = .clientAddress
        } else if arguments.isAtSide {
            remote = try arguments.takeSide(session)
        } else if local != .anonymous {
            throw arguments.expected("the remote side: 'anonymous', 'clientaddr' or an identifier")
        }
        try Self.checkSides(local, remote, arguments)
        var sainfo = SainfoDraft(location: arguments.statementLocation, local: local, remote: remote)
        if arguments.takeOptionalWord("from") != nil {
            sainfo.peerIdentity = try arguments.takeNamedIdentifier()
        }
        if arguments.takeOptionalWord("group") != nil {
            _ = try arguments.takeString("a group")
            sainfo.isForGroup = true
        }
        return sainfo
    }

    private static func checkSides(
        _ local: ChildSideMatch, _ remote: ChildSideMatch, _ arguments: Arguments
    ) throws(Diagnostic) {
        guard case .selector(let first) = local, case .selector(let second) = remote else { return }
        if first.family != second.family {
            throw arguments.statementLocation.error("the two sides are of different families, IPv4 and IPv6")
        }
        if first.upperProtocol != second.upperProtocol {
            let (left, right) = (first.upperProtocol, second.upperProtocol)
            throw arguments.statementLocation.error(
                "the two sides name different upper protocols, \(UpperProtocol.word(for: left)) and "
                    + UpperProtocol.word(for: right))
        }
    }
}

extension Arguments {
    private static let sides = ["anonymous", "address", "subnet", "fqdn", "user_fqdn", "keyid", "asn1dn"]

    fileprivate var isAtSide: Bool {
        guard let next else { return false }
        return Self.sides.contains { next.isWord($0) }
    }

    /// Takes `anonymous`, or an identifier of one side of the traffic.
    fileprivate mutating func takeSide(_ session: Session) throws(Diagnostic) -> ChildSideMatch {
        let type = try takeChoice(Self.sides)
        switch type.text {
        case "anonymous": return .anonymous
        case "address", "subnet": return .selector(try takeSelector(session))
        case "fqdn": return .identity(.fqdn(try takeASCII("a host name")))
        case "user_fqdn": return .identity(.userFQDN(try takeASCII("a mailbox, user@host")))
        case "keyid": return .identity(.keyID(Array(try takeString("a key ID").text.utf8)))
        default: throw type.location.error("'asn1dn' cannot name traffic; use 'address', 'subnet' or 'fqdn'")
        }
    }

    /// Takes `NET[port] UL`.
    private mutating func takeSelector(_ session: Session) throws(Diagnostic) -> TrafficSelector {
        var selector = try takeNetwork(session)
        let place = location
        selector.upperProtocol = try takeUpperProtocol()
        if selector.ports != TrafficSelector.anyPort, UpperProtocol.isICMP(selector.upperProtocol) {
            throw place.error("icmp has no ports; write [any]")
        }
        return selector
    }

    /// Takes `TYPE ["value"]` after `from`.
    fileprivate mutating func takeNamedIdentifier() throws(Diagnostic) -> Identity {
        let type = try takeChoice(["address", "fqdn", "user_fqdn", "keyid", "asn1dn"])
        switch type.text {
        case "address":
            if let text = takeOptionalString() {
                guard let address = IPAddress(text.text) else {
                    throw text.location.error("expected an address, found \(text.shown)")
                }
                return .address(address)
            }
            return .address(try takeAddress("the peer's address").address)
        case "fqdn": return .fqdn(try takeASCII("a host name"))
        case "user_fqdn": return .userFQDN(try takeASCII("a mailbox, user@host"))
        case "keyid": return .keyID(Array(try takeString("a key ID").text.utf8))
        default: return .distinguishedName(try takeEncodedName())
        }
    }

    /// A distinguished name is compared by its encoding; texts await certificates.
    private mutating func takeEncodedName() throws(Diagnostic) -> [UInt8] {
        let name = try takeString("a distinguished name")
        guard name.text.hasPrefix("~"), let der = Hexadecimal.bytes(name.text.dropFirst()), !der.isEmpty
        else {
            throw name.location.error(
                "a distinguished name can only be compared as \"~\" and its DER encoding in hex until certificates work"
            )
        }
        return der
    }
}
