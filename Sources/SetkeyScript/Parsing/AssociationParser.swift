import IPsec
import SourceText

/// Statements about SAs.
extension TokenStream {
    private static let wantedProtocol = "a protocol: 'esp', 'esp-udp', 'ah' or 'ipcomp'"

    /// What a statement may say of its SA.
    enum AssociationPart {
        /// Enough to find or to make room for it.
        case reference
        /// All of it, keys included.
        case whole
    }

    /// Takes what follows `add`.
    mutating func takeKeyedAssociation(after keyword: Token) throws(Diagnostic) -> AssociationStatement {
        let statement = try takeAssociation(.whole)
        try checkAlgorithms(of: statement, at: location(keyword))
        return statement
    }

    /// Takes `[flags] SRC DST PROTO SPI {extension}`, and algorithms where they may be.
    mutating func takeAssociation(_ part: AssociationPart) throws(Diagnostic) -> AssociationStatement {
        let names = try takeNameRestriction()
        let source = try takeEndpoint("the source, an address or host name")
        let destination = try takeEndpoint("the destination, an address or host name")
        let (word, originalAddress) = try takeProtocol()
        let spi = try takeWord("an SPI, a number")
        var statement = AssociationStatement(
            source: source, destination: destination, protocol: word, originalAddress: originalAddress,
            spi: UInt32(truncatingIfNeeded: try number(spi, 0...UInt64(UInt32.max), "an SPI")),
            spiLocation: location(spi))
        statement.names = names
        while try takeExtension(of: &statement, part) {}
        return statement
    }

    /// Takes what follows `deleteall`.
    mutating func takeAssociationGroup() throws(Diagnostic) -> AssociationGroup {
        let names = try takeNameRestriction()
        let source = try takeHost("the source, an address or host name")
        let destination = try takeHost("the destination, an address or host name")
        return AssociationGroup(
            names: names, source: source, destination: destination, protocol: try takeProtocolAlone())
    }

    /// Takes the protocol behind `flush` and `dump`; nothing is all of them.
    mutating func takeProtocolAlone() throws(Diagnostic) -> AssociationProtocol {
        let token = try peek()
        guard token.kind == .word else { return .any }
        _ = try take()
        return try associationProtocol(token)
    }

    private func associationProtocol(_ token: Token) throws(Diagnostic) -> AssociationProtocol {
        let word = text(token)
        guard let found = AssociationProtocol(rawValue: word) else {
            throw location(token).error(
                "expected \(Self.wantedProtocol), found \(shown(token))"
                    + Suggestion.hint(for: word, among: AssociationProtocol.allCases.map(\.rawValue)))
        }
        return found
    }

    private mutating func takeProtocol() throws(Diagnostic) -> (AssociationProtocol, HostReference?) {
        let token = try peek()
        guard token.kind == .word else { throw expected(Self.wantedProtocol) }
        if Number.parse(octets(token)) != nil { return (.any, nil) }
        _ = try take()
        let found = try associationProtocol(token)
        let next = try peek()
        guard found == .espInUDP, next.kind == .word, Number.parse(octets(next)) == nil else {
            return (found, nil)
        }
        return (found, try takeHost("the address before the NAT, or an SPI"))
    }

    private mutating func takeEndpoint(_ what: String) throws(Diagnostic) -> EndpointReference {
        EndpointReference(host: try takeHost(what), port: try takePort())
    }
}
