package import ASN1
package import Algorithms

/// The curves on which ECDSA is done: NIST's (RFC 5480) and Brainpool's (RFC 5639).
package enum SignatureCurve: String, Hashable, Sendable, CaseIterable {
    case p256 = "P-256"
    case p384 = "P-384"
    case p521 = "P-521"
    case brainpoolP256 = "brainpoolP256r1"
    case brainpoolP384 = "brainpoolP384r1"
    case brainpoolP512 = "brainpoolP512r1"

    /// Bits of the field, which are those of the order too.
    package var bits: Int {
        switch self {
        case .p256, .brainpoolP256: 256
        case .p384, .brainpoolP384: 384
        case .p521: 521
        case .brainpoolP512: 512
        }
    }

    /// Octets of a coordinate, and of each half of a signature.
    package var size: Int { (bits + 7) / 8 }

    /// The hash that goes with it (RFC 4754 section 4).
    package var hash: HashFunction {
        switch self {
        case .p256, .brainpoolP256: .sha256
        case .p384, .brainpoolP384: .sha384
        case .p521, .brainpoolP512: .sha512
        }
    }

    package var objectIdentifier: ObjectIdentifier {
        switch self {
        case .p256: ObjectIdentifier(1, 2, 840, 10045, 3, 1, 7)
        case .p384: ObjectIdentifier(1, 3, 132, 0, 34)
        case .p521: ObjectIdentifier(1, 3, 132, 0, 35)
        case .brainpoolP256: ObjectIdentifier(1, 3, 36, 3, 3, 2, 8, 1, 1, 7)
        case .brainpoolP384: ObjectIdentifier(1, 3, 36, 3, 3, 2, 8, 1, 1, 11)
        case .brainpoolP512: ObjectIdentifier(1, 3, 36, 3, 3, 2, 8, 1, 1, 13)
        }
    }

}
