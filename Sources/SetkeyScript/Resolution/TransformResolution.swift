import Algorithms
import IPsec
import SourceText

/// Algorithms as a SAD has them.
extension StatementResolution {
    mutating func transform(
        _ statement: AssociationStatement, _ securityProtocol: SecurityProtocol, at place: SourceLocation
    ) throws(Diagnostic) -> SATransform {
        let stated = statement.algorithms
        remarkOnWeakness(of: stated)
        switch securityProtocol {
        case .esp:
            guard let cipher = stated.encryption else { break }
            return .esp(
                keyedCipher(cipher, stated),
                try stated.integrity.flatMap { (integrity) throws(Diagnostic) in
                    try keyedIntegrity(integrity, stated)
                })
        case .ah:
            guard let integrity = stated.integrity, let keyed = try keyedIntegrity(integrity, stated) else {
                break
            }
            return .ah(keyed)
        case .ipcomp:
            guard let compression = stated.compression else { break }
            if case .known(let algorithm) = compression.algorithm, algorithm.xfrm == nil {
                throw compression.location.error("Linux has no compression '\(algorithm)'; use deflate")
            }
            return .ipcomp(compression.algorithm)
        }
        throw place.error("this SA lacks an algorithm")
    }

    /// As a database that is read tells it: of the catalogue where the kernel's name and the ICV length are one's there.
    private func keyedCipher(_ stated: StatedCipher, _ algorithms: StatedAlgorithms) -> KeyedCipher {
        var bits = algorithms.icvBits
        let name: String
        switch stated.algorithm {
        case .known(let algorithm):
            guard algorithm.isAEAD, bits != nil else { return KeyedCipher(algorithm, key: stated.key) }
            name = algorithm.xfrm
        case .foreign(let foreign):
            name = foreign
            if algorithms.integrity != nil { bits = nil }
        }
        let known = Catalogue.encryption(xfrm: name, icvBits: bits)
        return KeyedCipher(known.map { .known($0) } ?? .foreign(name), key: stated.key, icvBits: bits)
    }

    /// The same for integrity; nil for `-A null`.
    private func keyedIntegrity(
        _ stated: StatedIntegrity, _ algorithms: StatedAlgorithms
    ) throws(Diagnostic) -> KeyedIntegrity? {
        var bits = algorithms.icvBits
        let name: String
        switch stated.algorithm {
        case nil: return nil
        case .known(let algorithm):
            guard !algorithm.isObsolete, let xfrm = algorithm.xfrm else {
                throw stated.location.error("Linux never had '\(algorithm)' (RFC 1828); use hmac-sha256")
            }
            if bits == nil, algorithm == .hmacSHA256 { bits = settings.sha256Truncation.rawValue }
            guard bits != nil else { return KeyedIntegrity(algorithm, key: stated.key) }
            name = xfrm
        case .foreign(let foreign): name = foreign
        }
        guard let bits else {
            throw stated.location.error("how long is the ICV of '\(name)' in a packet? Write -o icv=BITS")
        }
        let known = Catalogue.integrity(xfrm: name, icvBits: bits)
        return KeyedIntegrity(known.map { .known($0) } ?? .foreign(name), key: stated.key, icvBits: bits)
    }
}
