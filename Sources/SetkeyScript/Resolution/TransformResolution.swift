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

    private func keyedCipher(_ stated: StatedCipher, _ algorithms: StatedAlgorithms) -> KeyedCipher {
        switch stated.algorithm {
        case .known(let algorithm):
            var cipher = KeyedCipher(algorithm, key: stated.key)
            if algorithm.isAEAD, let bits = algorithms.icvBits { cipher.icvBits = bits }
            return cipher
        case .foreign:
            let bits = algorithms.integrity == nil ? algorithms.icvBits : nil
            return KeyedCipher(stated.algorithm, key: stated.key, icvBits: bits)
        }
    }

    /// nil for `-A null`.
    private func keyedIntegrity(
        _ stated: StatedIntegrity, _ algorithms: StatedAlgorithms
    ) throws(Diagnostic) -> KeyedIntegrity? {
        switch stated.algorithm {
        case nil: return nil
        case .known(let algorithm):
            guard !algorithm.isObsolete else {
                throw stated.location.error("Linux never had '\(algorithm)' (RFC 1828); use hmac-sha256")
            }
            var integrity = KeyedIntegrity(algorithm, key: stated.key)
            if algorithm == .hmacSHA256 { integrity.icvBits = settings.sha256Truncation.rawValue }
            if let bits = algorithms.icvBits { integrity.icvBits = bits }
            return integrity
        case .foreign(let name):
            guard let bits = algorithms.icvBits else {
                throw stated.location.error("how long is the ICV of '\(name)' in a packet? Write -o icv=BITS")
            }
            return KeyedIntegrity(.foreign(name), key: stated.key, icvBits: bits)
        }
    }
}
