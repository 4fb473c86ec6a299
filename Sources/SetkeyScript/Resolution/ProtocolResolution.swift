import IPsec
import SourceText

/// setkey's protocol words as a database knows protocols.
extension StatementResolution {
    /// The protocol of a listing or a flush; nil for all.
    func databaseProtocol(
        _ word: AssociationProtocol, at place: SourceLocation
    ) throws(Diagnostic) -> SecurityProtocol? {
        switch word {
        case .any: return nil
        case .esp, .oldESP, .espInUDP: return .esp
        case .ah, .oldAH: return .ah
        case .ipcomp: return .ipcomp
        case .tcp: throw place.error(Self.refusedTCP)
        }
    }

    /// The protocol of an SA that is there.
    func namedProtocol(
        _ statement: AssociationStatement, at place: SourceLocation
    ) throws(Diagnostic) -> SecurityProtocol {
        guard let found = try databaseProtocol(statement.protocol, at: place) else {
            throw statement.spiLocation.error("the SA's protocol is missing: 'esp', 'ah' or 'ipcomp'")
        }
        return found
    }

    /// The protocol of an SA to be made.
    func madeProtocol(
        _ statement: AssociationStatement, at place: SourceLocation
    ) throws(Diagnostic) -> SecurityProtocol {
        switch statement.protocol {
        case .oldESP: throw place.error("'esp-old' (RFC 1827) is not in Linux; write 'esp'")
        case .oldAH: throw place.error("'ah-old' (RFC 1826) is not in Linux; write 'ah'")
        case .any, .esp, .espInUDP, .ah, .ipcomp, .tcp: return try namedProtocol(statement, at: place)
        }
    }

    private static let refusedTCP =
        "'tcp' (TCP MD5 signatures) is BSD's: on Linux the program sets TCP_MD5SIG on its socket"
}
