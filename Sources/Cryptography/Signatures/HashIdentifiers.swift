package import ASN1
package import Algorithms

extension HashFunction {
    /// Its name in ASN.1.
    package var objectIdentifier: ObjectIdentifier {
        switch self {
        case .md5: ObjectIdentifier(1, 2, 840, 113549, 2, 5)
        case .sha1: ObjectIdentifier(1, 3, 14, 3, 2, 26)
        case .sha256: ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 2, 1)
        case .sha384: ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 2, 2)
        case .sha512: ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 2, 3)
        case .ripemd160: ObjectIdentifier(1, 3, 36, 3, 2, 1)
        case .sm3: ObjectIdentifier(1, 2, 156, 10197, 1, 401)
        }
    }
}
